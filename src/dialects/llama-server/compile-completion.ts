import type { CanonicalRequest } from '../../contract/engine.js'
import {
  copyOptions,
  type FieldNames,
  promptWithoutBos,
  stopsOf,
  type WireBody,
  type WrittenBody,
} from '../openai/compile-request.js'
import { isJsonConstraint } from '../openai/json-schema-format.js'
import { grammarOf, logitBiasOf, samplingFields } from './fields.js'

const fields: FieldNames = { ...samplingFields, maxTokens: 'n_predict' }

/**
 * The body of `/completion`, which adds the token that begins a text where the model's file says so.
 *
 * @throws UnsupportedOptionError `UNSUPPORTED_OPTION`
 */
export function compileCompletion(request: CanonicalRequest): WrittenBody {
  const { options, constraint, stream } = request
  const body: WireBody = { prompt: promptWithoutBos(request) }
  copyOptions(options, fields, body)
  const stop = stopsOf(options)
  if (stop.length > 0) body['stop'] = stop
  const logitBias = logitBiasOf(options)
  if (logitBias !== undefined) body['logit_bias'] = logitBias
  const { logprobs } = options
  if (logprobs !== undefined && logprobs !== false) body['n_probs'] = logprobs === true ? 1 : Math.max(logprobs, 1)
  if (stream) body['stream'] = true
  if (constraint === undefined) return { body }
  if (isJsonConstraint(constraint)) {
    body['json_schema'] = constraint.format === 'json' ? constraint.schema : { type: 'object' }
    return { body }
  }
  const { grammar, warnings } = grammarOf(constraint, options.maxTokens)
  body['grammar'] = grammar
  return { body, warnings }
}
