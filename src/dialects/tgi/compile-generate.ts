import type { CanonicalRequest } from '../../contract/engine.js'
import { copyOptions, type FieldNames, promptWithoutBos, stopsOf, type WireBody } from '../openai/compile-request.js'
import { compileGrammar } from './compile-grammar.js'
import { isGreedy, legalShare, topTokensOf } from './sampling.js'
import type { TgiModel } from './tgi-model.js'

/** Options whose value goes over as it is. */
const fields: FieldNames = {
  maxTokens: 'max_new_tokens',
  repetitionPenalty: 'repetition_penalty',
  frequencyPenalty: 'frequency_penalty',
  seed: 'seed',
  returnFullText: 'return_full_text',
  watermark: 'watermark',
}

/**
 * The body of `/generate` and `/generate_stream`, which differ in their path alone. TGI adds special tokens by itself,
 * refuses null for most fields, and decodes greedily unless told to sample (TGI 3.3).
 *
 * @throws UnsupportedOptionError `UNSUPPORTED_OPTION`
 */
export function compileGenerate(request: CanonicalRequest, { adapter }: TgiModel): WireBody {
  const { options, constraint } = request
  // Without details the reason of the end and the tokens are not told.
  const parameters: WireBody = { details: true }
  copyOptions(options, fields, parameters)
  parameters['do_sample'] = !isGreedy(options)
  if (!isGreedy(options)) {
    if (options.temperature !== undefined) parameters['temperature'] = options.temperature
    if (options.topK !== undefined && options.topK > 0) parameters['top_k'] = options.topK
    const [topP, typicalP] = [legalShare(options.topP), legalShare(options.typicalP)]
    if (topP !== undefined) parameters['top_p'] = topP
    if (typicalP !== undefined) parameters['typical_p'] = typicalP
  }
  const stop = stopsOf(options)
  if (stop.length > 0) parameters['stop'] = stop
  const topTokens = topTokensOf(options)
  if (topTokens > 0) parameters['top_n_tokens'] = topTokens
  if (adapter !== undefined) parameters['adapter_id'] = adapter
  if (constraint !== undefined) parameters['grammar'] = compileGrammar(constraint)
  return { inputs: promptWithoutBos(request), parameters }
}
