import type { StructuredOutput } from '../contract/structured-output.js'
import { isSchemaLike, jsonSchemaOf } from './schema-like.js'

/** A `structuredOutput` as JSON may hold it: a validator becomes its JSON Schema, and is one no longer. */
export function serializeOutput(output: StructuredOutput): StructuredOutput {
  if (output.format !== 'json' || typeof output.schema === 'string' || !isSchemaLike(output.schema)) return output
  return { ...output, schema: jsonSchemaOf(output.schema) }
}
