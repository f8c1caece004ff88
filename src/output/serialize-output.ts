import type { StructuredOutput } from '../contract/structured-output.js'
import { isSchemaLike, jsonSchemaOf } from './schema-like.js'

/** Options as JSON may hold them: a validator becomes its JSON Schema, and is one no longer. */
export function withSerializedOutput<T extends { readonly structuredOutput?: StructuredOutput | undefined }>(
  options: T,
): T {
  const { structuredOutput } = options
  return structuredOutput === undefined ? options : { ...options, structuredOutput: serializeOutput(structuredOutput) }
}

function serializeOutput(output: StructuredOutput): StructuredOutput {
  if (output.format !== 'json' || typeof output.schema === 'string' || !isSchemaLike(output.schema)) return output
  return { ...output, schema: jsonSchemaOf(output.schema) }
}
