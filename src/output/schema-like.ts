import type { JsonSchema, SchemaLike } from '../contract/structured-output.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'

export function isSchemaLike(schema: JsonSchema | SchemaLike): schema is SchemaLike {
  return '~standard' in schema
}

/** @throws InvalidOptionError `INVALID_OPTION` for a validator that has no JSON Schema. */
export function jsonSchemaOf({ '~standard': standard }: SchemaLike): JsonSchema {
  const { jsonSchema: converter } = standard as { jsonSchema?: { input(options: { target: string }): JsonSchema } }
  if (typeof converter?.input !== 'function') {
    throw new InvalidOptionError(
      `structuredOutput.schema: a schema of ${standard.vendor} does not give its JSON Schema; pass the JSON Schema instead.`,
      { option: 'structuredOutput' },
    )
  }
  try {
    return converter.input({ target: 'draft-2020-12' })
  } catch (cause) {
    throw new InvalidOptionError(
      `structuredOutput.schema cannot be written as a JSON Schema: ${(cause as Error).message}.`,
      { cause, option: 'structuredOutput' },
    )
  }
}
