import { otherTexts } from './other-texts.js'
import { type Pointer, resolveReference, type Schema, type SchemaObject } from './schema-reference.js'
import { isOfType, type ValueType } from './value-types.js'

const allTypes: readonly ValueType[] = ['object', 'array', 'string', 'number', 'boolean', 'null']

/**
 * A schema of values that do not fit a schema; `undefined` where none can be named. Not of all of them: what no grammar can
 * say the opposite of (a pattern, say) is passed over, which leaves fewer values and no wrong one.
 */
export function negateSchema(schema: Schema, document: SchemaObject, at: Pointer): Schema | undefined {
  return new Negation(document).of(schema, at, [])
}

class Negation {
  readonly #document: SchemaObject

  constructor(document: SchemaObject) {
    this.#document = document
  }

  of(schema: Schema, at: Pointer, path: readonly Pointer[]): Schema | undefined {
    if (typeof schema === 'boolean') return !schema
    const ways = Object.entries(schema).flatMap(([keyword, value]) => this.#ways(keyword, value, at, path))
    const said = ways.filter((way) => way !== undefined)
    if (said.length > 0) return { anyOf: said }
    return ways.length > 0 ? undefined : false
  }

  /** How a value may fail to fit a keyword; `undefined`: in some way that has no schema. */
  #ways(keyword: string, value: unknown, at: Pointer, path: readonly Pointer[]): readonly (Schema | undefined)[] {
    const negated = (part: unknown): Schema | undefined => this.of(part as Schema, at, path)
    switch (keyword) {
      case '$ref': {
        const target = resolveReference(this.#document, value as string, at)
        return [path.includes(target.at) ? undefined : this.of(target.schema, target.at, [...path, target.at])]
      }
      case 'type':
        return [otherTypes(value)]
      case 'const':
        return otherValues([value])
      case 'enum':
        return otherValues(value as readonly unknown[])
      case 'not':
        return [value as Schema]
      case 'allOf':
        return (value as readonly Schema[]).map(negated)
      case 'anyOf': {
        const all = (value as readonly Schema[]).map(negated)
        return [all.includes(undefined) ? undefined : { allOf: all }]
      }
      case 'required':
        return (value as readonly string[]).map((name) => ({ type: 'object', properties: { [name]: false } }))
      case 'properties':
        return Object.entries(value as Readonly<Record<string, Schema>>).map(([name, part]) => {
          const other = negated(part)
          return other && { type: 'object', required: [name], properties: { [name]: other } }
        })
      case 'items': {
        if (Array.isArray(value)) return [undefined]
        const other = negated(value)
        return [other && { type: 'array', minItems: 1, prefixItems: [other] }]
      }
      default:
        return otherLimit(keyword, value) ?? (inert.has(keyword) ? [] : [undefined])
    }
  }
}

/** What says nothing of the value. */
const inert = new Set([
  '$anchor',
  '$comment',
  '$defs',
  '$id',
  '$schema',
  'default',
  'definitions',
  'deprecated',
  'description',
  'examples',
  'readOnly',
  'title',
  'writeOnly',
])

function otherTypes(type: unknown): Schema {
  const types = (Array.isArray(type) ? type : [type]) as readonly ValueType[]
  const left = allTypes.filter((each) => !types.includes(each) && !(each === 'number' && types.includes('integer')))
  return left.length > 0 && { type: left }
}

function otherValues(values: readonly unknown[]): readonly Schema[] {
  const numbers = values.filter((value) => typeof value === 'number').toSorted((one, other) => one - other)
  const texts = values.filter((value) => typeof value === 'string')
  const ends = [undefined, ...new Set(numbers)]
  return [
    ...allTypes
      .filter((type) => ['object', 'array', 'null'].includes(type) && !values.some((value) => isOfType(value, type)))
      .map((type) => ({ type })),
    { enum: [true, false].filter((value) => !values.includes(value)) },
    { type: 'string', ...(texts.length > 0 ? { [otherTexts]: texts } : {}) },
    ...ends.map((end, index) => ({
      type: 'number',
      ...(end === undefined ? {} : { exclusiveMinimum: end }),
      ...(index + 1 < ends.length ? { exclusiveMaximum: ends[index + 1] } : {}),
    })),
  ]
}

function otherLimit(keyword: string, value: unknown): readonly Schema[] | undefined {
  const limit = value as number
  const above = (type: ValueType, opposite: string): readonly Schema[] => [{ type, [opposite]: limit + 1 }]
  const below = (type: ValueType, opposite: string): readonly Schema[] =>
    limit > 0 ? [{ type, [opposite]: limit - 1 }] : []
  switch (keyword) {
    case 'minimum':
      return [{ type: 'number', exclusiveMaximum: limit }]
    case 'maximum':
      return [{ type: 'number', exclusiveMinimum: limit }]
    case 'exclusiveMinimum':
      return [{ type: 'number', maximum: limit }]
    case 'exclusiveMaximum':
      return [{ type: 'number', minimum: limit }]
    case 'minLength':
      return below('string', 'maxLength')
    case 'maxLength':
      return above('string', 'minLength')
    case 'minItems':
      return below('array', 'maxItems')
    case 'maxItems':
      return above('array', 'minItems')
    case 'minProperties':
      return below('object', 'maxProperties')
    default:
      return undefined
  }
}
