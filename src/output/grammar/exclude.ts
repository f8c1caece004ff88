import { mergeSchemas } from './merge-schemas.js'
import type { Schema, SchemaObject } from './schema-reference.js'
import { isOfType, valueTypes } from './value-types.js'

/** Whether no value can fit both. Says no where it cannot tell. Neither has `$ref`, `allOf`, `anyOf`, `oneOf` or `const`. */
export function exclude(one: SchemaObject, other: SchemaObject): boolean {
  let merged: SchemaObject | undefined
  try {
    merged = mergeSchemas(one, other, '')
  } catch {
    return false
  }
  if (merged === undefined || hasNoRoom(merged) || hasNoValue(merged)) return true
  const required = (merged['required'] ?? []) as readonly string[]
  const [first, second] = [one, other].map((schema) => (schema['properties'] ?? {}) as Record<string, Schema>)
  return required.some((name) => {
    const isForbidden = [one, other].some(
      (schema) =>
        schema['additionalProperties'] === false &&
        schema['patternProperties'] === undefined &&
        !Object.hasOwn(schema['properties'] ?? {}, name),
    )
    if (isForbidden) return isObject(one) && isObject(other)
    const [a, b] = [first?.[name], second?.[name]].map(plain)
    return isObject(one) && isObject(other) && a !== undefined && b !== undefined && exclude(a, b)
  })
}

function isObject({ type }: SchemaObject): boolean {
  return type === 'object'
}

/** A member as an alternative, if it is as simple as that. */
function plain(schema: Schema | undefined): SchemaObject | undefined {
  if (typeof schema !== 'object' || ['$ref', 'allOf', 'anyOf', 'oneOf'].some((keyword) => keyword in schema))
    return undefined
  const { const: constant, ...own } = schema
  return 'const' in schema ? { ...own, enum: [constant] } : schema
}

function hasNoValue(schema: SchemaObject): boolean {
  const values: unknown = schema['enum']
  if (!Array.isArray(values) || schema['type'] === undefined) return false
  const types = valueTypes(schema)
  return !values.some((value) => types.some((type) => isOfType(value, type)))
}

function hasNoRoom(schema: SchemaObject): boolean {
  const limit = (keyword: string, otherwise: number): number => (schema[keyword] as number | undefined) ?? otherwise
  const isNumber = schema['type'] === 'number' || schema['type'] === 'integer'
  const low = Math.max(limit('minimum', -Infinity), limit('exclusiveMinimum', -Infinity))
  const high = Math.min(limit('maximum', Infinity), limit('exclusiveMaximum', Infinity))
  if (isNumber && low > high) return true
  if (schema['type'] === 'array') return limit('minItems', 0) > limit('maxItems', Infinity)
  return schema['type'] === 'string' && limit('minLength', 0) > limit('maxLength', Infinity)
}
