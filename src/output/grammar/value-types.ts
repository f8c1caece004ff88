import type { SchemaObject } from './schema-reference.js'

const typesInOrder = ['object', 'array', 'string', 'number', 'boolean', 'null'] as const
export type ValueType = (typeof typesInOrder)[number] | 'integer'

/** Keywords that say something of one type only, so that a schema without a `type` that has them means that type. */
const keywordsOf: Readonly<Partial<Record<ValueType, readonly string[]>>> = {
  object: [
    'properties',
    'required',
    'additionalProperties',
    'propertyNames',
    'minProperties',
    'maxProperties',
    'patternProperties',
  ],
  array: ['items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems', 'contains'],
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
}

/** The types that a schema allows; without a `type`, those that its keywords speak of, else all. */
export function valueTypes(schema: SchemaObject): readonly ValueType[] {
  const { type } = schema
  if (typeof type === 'string') return [type as ValueType]
  if (Array.isArray(type)) {
    const types = type as readonly ValueType[]
    return types.includes('number') ? types.filter((each) => each !== 'integer') : types
  }
  const meant = typesInOrder.filter((each) => keywordsOf[each]?.some((keyword) => keyword in schema))
  return meant.length > 0 ? meant : typesInOrder
}

export function isOfType(value: unknown, type: ValueType): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    default:
      return typeof value === type
  }
}

/** Whether a schema has keywords of a type. */
export function speaksOf(schema: SchemaObject, type: ValueType): boolean {
  return keywordsOf[type]?.some((keyword) => keyword in schema) ?? false
}
