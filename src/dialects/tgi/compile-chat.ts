import type { CanonicalRequest } from '../../contract/engine.js'
import { compileRequest, type FieldNames, stopsOf, type WireBody } from '../openai/compile-request.js'
import { compileGrammar, unsupported } from './compile-grammar.js'
import { isGreedy, legalShare, topTokensOf } from './sampling.js'
import type { TgiModel } from './tgi-model.js'

const fields: FieldNames = {
  maxTokens: 'max_tokens',
  temperature: 'temperature',
  frequencyPenalty: 'frequency_penalty',
  seed: 'seed',
  toolPrompt: 'tool_prompt',
}

/** What is no adapter's name; any other is looked up among the adapters. */
const baseModel = 'tgi'

/**
 * The body of a chat. A last message of the assistant is continued by TGI without being asked to.
 *
 * @throws UnsupportedOptionError `UNSUPPORTED_OPTION`
 */
export function compileChat(request: CanonicalRequest, { adapter = baseModel }: TgiModel): WireBody {
  const { options, constraint } = request
  topTokensOf(options)
  const body = compileRequest(request, adapter, fields)
  const topP = legalShare(options.topP)
  if (topP !== undefined && !isGreedy(options)) body['top_p'] = topP
  const stop = stopsOf(options)
  // A single string is refused here.
  if (stop.length > 0) body['stop'] = stop
  if (constraint !== undefined) {
    if (body['tools'] !== undefined) throw unsupported('TGI takes either tools or a constraint')
    body['response_format'] = compileGrammar(constraint)
  }
  return body
}
