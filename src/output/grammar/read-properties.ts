import type { Expression } from './expression.js'
import { fitLength } from './fit-length.js'
import { fitsKeywords } from './fits-keywords.js'
import { jsonString } from './json-text.js'
import { notExpressible } from './not-expressible.js'
import { noneOf } from './other-texts.js'
import { partialMatch } from './regex-expression.js'
import {
  child,
  type LocatedSchema,
  type Pointer,
  pointerName,
  type Schema,
  type SchemaObject,
} from './schema-reference.js'
import { stringSchema } from './string-schema.js'
import { textsInCommon } from './texts-in-common.js'

/** What an object schema says of properties, by their names. */
export interface Properties {
  /** Names in `properties` or listed in `propertyNames` (a record of zod with an enumeration for its keys). */
  readonly declared: readonly string[]
  readonly of: (name: string) => LocatedSchema
  /** Keys, as JSON writes them, and values of properties with other names than these. */
  readonly others: (
    names: readonly string[],
  ) => readonly { readonly key: () => Expression; readonly value: LocatedSchema }[]
}

type Schemas = Readonly<Record<string, Schema>>

/** Of `propertyNames`: what can be told of a name, and asked of one that the model makes. */
const nameKeywords = new Set([
  'type',
  'minLength',
  'maxLength',
  'pattern',
  'format',
  'enum',
  'const',
  'title',
  'description',
])

/** @throws UnsupportedOptionError `UNSUPPORTED_OPTION` for `propertyNames` with more than {@link nameKeywords}. */
export function readProperties(schema: SchemaObject, at: Pointer): Properties {
  const {
    properties = {},
    patternProperties = {},
    additionalProperties,
  } = schema as {
    readonly properties?: Schemas
    readonly patternProperties?: Schemas
    readonly additionalProperties?: Schema
  }
  const patterns = Object.keys(patternProperties)
  const naming = readNames(schema, at, patterns.length > 0)
  const fits = (name: string, pattern: string): boolean => new RegExp(pattern, 'u').test(name)
  const located = (value: Schema, ...steps: readonly string[]): LocatedSchema => ({
    schema: value,
    at: child(at, ...steps),
  })
  const joined = (schemas: readonly Schema[]): Schema =>
    schemas.length === 1 ? (schemas[0] as Schema) : { allOf: schemas }
  const ofPatterns = (chosen: readonly string[]): readonly Schema[] =>
    chosen.map((each) => patternProperties[each] as Schema)
  return {
    declared: naming.listed ?? Object.keys(properties),
    of(name) {
      if (!naming.allows(name)) return located(false, 'propertyNames')
      const matching = ofPatterns(patterns.filter((pattern) => fits(name, pattern)))
      if (Object.hasOwn(properties, name)) {
        return located(joined([properties[name] as Schema, ...matching]), 'properties', name)
      }
      if (matching.length > 0) return located(joined(matching), 'patternProperties')
      return located(additionalProperties ?? true, 'additionalProperties')
    },
    others(names) {
      if (naming.listed !== undefined) return []
      if (patterns.length > 0) {
        // Keys of a pattern that fits one of the names could be that name again.
        const free = patterns.filter((pattern) => !names.some((name) => fits(name, pattern)))
        return free.map((pattern) => ({
          key: () => jsonString(partialMatch(pattern)),
          value: located(
            joined(ofPatterns([pattern, ...patterns.filter((each) => each !== pattern && mayShare(pattern, each))])),
            'patternProperties',
            pattern,
          ),
        }))
      }
      const isOpen = additionalProperties === undefined ? !('properties' in schema) : additionalProperties !== false
      if (!isOpen) return []
      return [{ key: () => naming.other(names), value: located(additionalProperties ?? true, 'additionalProperties') }]
    },
  }
}

function mayShare(one: string, other: string): boolean {
  return textsInCommon(partialMatch(one), partialMatch(other)) !== 'none'
}

interface Names {
  readonly listed: readonly string[] | undefined
  readonly allows: (name: string) => boolean
  /** Keys with other names than these. */
  readonly other: (names: readonly string[]) => Expression
}

function readNames(schema: SchemaObject, at: Pointer, hasPatterns: boolean): Names {
  const where = child(at, 'propertyNames')
  const given = schema['propertyNames'] as Schema | undefined
  if (given === undefined || given === true) {
    return { listed: undefined, allows: () => true, other: (names) => jsonString(noneOf(names)) }
  }
  if (given === false) return { listed: [], allows: () => false, other: () => jsonString(noneOf([])) }
  const { enum: list, const: only, ...limits } = given
  const isKnown = Object.keys(given).every((keyword) => nameKeywords.has(keyword))
  const listed = 'const' in given ? [only] : (list as readonly unknown[] | undefined)
  const texts = listed?.filter((name) => typeof name === 'string')
  if (!isKnown || (hasPatterns && texts === undefined) || (limits['type'] ?? 'string') !== 'string') {
    throw notExpressible(
      'propertyNames',
      `propertyNames at ${pointerName(where)}`,
      'because it may only have a pattern, lengths or a list, and no pattern beside patternProperties',
    )
  }
  const fits = (name: string): boolean => fitsKeywords(name, limits) && (texts === undefined || texts.includes(name))
  return {
    listed: texts?.filter(fits),
    allows: fits,
    other(names) {
      const {
        pattern,
        format,
        minLength = 0,
        maxLength,
      } = limits as {
        readonly pattern?: string
        readonly format?: string
        readonly minLength?: number
        readonly maxLength?: number
      }
      const taken = names.filter(fits)
      if (taken.length === 0) return stringSchema(limits, where, () => undefined)
      const fitting =
        pattern === undefined && format === undefined
          ? fitLength(noneOf(names), minLength, maxLength ?? Infinity)
          : undefined
      if (fitting !== undefined) return jsonString(fitting)
      throw notExpressible(
        'propertyNames',
        `propertyNames beside properties at ${pointerName(where)}`,
        'because a grammar cannot leave the declared names out of what a pattern matches; leave one of them out',
      )
    },
  }
}
