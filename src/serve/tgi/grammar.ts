import type { JsonOutput, JsonSchema, RegexOutput } from '../../contract/structured-output.js'
import { isRecord } from '../is-record.js'
import { notReadable } from './read-body.js'
import type { WireGrammar } from './request-bodies.js'
import { invalid, notGrammar } from './tgi-failure.js'

/** What a grammar of TGI's asks of the text. @throws HttpFailure 422 */
export function readGrammar({ type, value }: WireGrammar): JsonOutput | RegexOutput {
  if (type === 'regex') {
    if (typeof value !== 'string') throw notReadable('grammar: invalid type, expected a string')
    return { format: 'regex', schema: value }
  }
  const wrapped = type === 'json_schema'
  if (wrapped && (!isRecord(value) || value['schema'] === undefined)) {
    throw notReadable('grammar: missing field `schema`')
  }
  return { format: 'json', schema: readSchema(wrapped ? (value as { readonly schema: unknown }).schema : value) }
}

/** TGI constrains to objects with named members only. */
function readSchema(value: unknown): JsonSchema {
  const schema = typeof value === 'string' ? parse(value) : value
  if (!isRecord(schema) || schema['properties'] === undefined) {
    throw invalid(notGrammar("Grammar must have a 'properties' field"))
  }
  return schema
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid(notGrammar('it is not JSON'))
  }
}
