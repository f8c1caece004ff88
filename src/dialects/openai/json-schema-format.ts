import type { Constraint, JsonMode, JsonSchema } from '../../contract/structured-output.js'

type JsonConstraint = JsonMode | (Constraint & { readonly format: 'json' })

/** Whether a constraint is of those that `response_format` holds. */
export function isJsonConstraint(constraint: Constraint | undefined): constraint is JsonConstraint {
  return constraint?.format === 'json' || constraint?.format === 'json-object'
}

/** `response_format` as OpenAI wants it, of a schema or of any JSON. */
export function responseFormat(constraint: JsonConstraint): object {
  return constraint.format === 'json' ? jsonSchemaFormat(constraint) : { type: 'json_object' }
}

function jsonSchemaFormat({ name, schema }: Constraint & { readonly format: 'json' }): object {
  return {
    type: 'json_schema',
    // Of a schema in a looser form `strict` makes an error at OpenAI and at providers that follow it.
    json_schema: { name, schema, ...(isStrict(schema) ? { strict: true } : {}) },
  }
}

/** Whether every object of the schema names all its properties as required and allows no others. */
function isStrict(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return true
  if (Array.isArray(schema)) return schema.every(isStrict)
  const { type, properties, required, additionalProperties } = schema as JsonSchema
  if (type === 'object' || properties !== undefined) {
    if (additionalProperties !== false) return false
    const names = Object.keys(properties ?? {})
    if (names.some((name) => !Array.isArray(required) || !required.includes(name))) return false
  }
  return Object.values(schema).every(isStrict)
}
