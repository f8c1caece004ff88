import { fitsKeywords } from './fits-keywords.js'
import type { Schema, SchemaObject } from './schema-reference.js'
import { isOfType, speaksOf, valueTypes } from './value-types.js'

/** The values of an `enum` that fit what stands beside it, as far as that limits numbers, strings and types. */
export function fittingValues(schema: SchemaObject): readonly unknown[] {
  const types = schema['type'] === undefined ? undefined : valueTypes(schema)
  return (schema['enum'] as readonly unknown[]).filter(
    (value) => (types === undefined || types.some((type) => isOfType(value, type))) && fitsKeywords(value, schema),
  )
}

/** The values of an `enum`: those to compare with what stands beside it, and objects and arrays as schemas, to be joined with it. */
export function splitValues(
  values: readonly unknown[],
  others: SchemaObject,
): { readonly simple: readonly unknown[]; readonly structured: readonly SchemaObject[] } {
  const isStructured = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && speaksOf(others, Array.isArray(value) ? 'array' : 'object')
  return {
    simple: values.filter((value) => !isStructured(value)),
    structured: values.filter(isStructured).map(toSchema) as readonly SchemaObject[],
  }
}

function toSchema(value: unknown): Schema {
  if (typeof value !== 'object' || value === null) return { enum: [value] }
  if (Array.isArray(value)) {
    return { type: 'array', prefixItems: value.map(toSchema), items: false, minItems: value.length }
  }
  const entries = Object.entries(value).map(([name, member]) => [name, toSchema(member)])
  return {
    type: 'object',
    properties: Object.fromEntries(entries),
    required: Object.keys(value),
    additionalProperties: false,
  }
}
