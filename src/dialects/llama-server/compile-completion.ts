import type { CanonicalRequest } from '../../contract/engine.js'
import { copyOptions, type FieldNames, promptWithoutBos, stopsOf, type WireBody } from '../openai/compile-request.js'
import { grammarOf, logitBiasOf, samplingFields } from './fields.js'

const fields: FieldNames = { ...samplingFields, maxTokens: 'n_predict' }

/**
 * The body of `/completion`, which adds the token that begins a text where the model's file says so.
 *
 * @throws UnsupportedOptionError `UNSUPPORTED_OPTION`
 */
export function compileCompletion(request: CanonicalRequest): WireBody {
  const { options, constraint, stream } = request
  const body: WireBody = { prompt: promptWithoutBos(request) }
  copyOptions(options, fields, body)
  const stop = stopsOf(options)
  if (stop.length > 0) body['stop'] = stop
  const logitBias = logitBiasOf(options)
  if (logitBias !== undefined) body['logit_bias'] = logitBias
  const { logprobs } = options
  if (logprobs !== undefined && logprobs !== false) body['n_probs'] = logprobs === true ? 1 : Math.max(logprobs, 1)
  if (constraint?.format === 'json') body['json_schema'] = constraint.schema
  else if (constraint !== undefined) body['grammar'] = grammarOf(constraint)
  if (stream) body['stream'] = true
  return body
}
