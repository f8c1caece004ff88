import type { CanonicalRequest } from '../../contract/engine.js'
import type { Constraint } from '../../contract/structured-output.js'
import { choicePattern } from '../choice-pattern.js'
import { copyOptions, type FieldNames, promptWithoutBos, type WireBody } from '../openai/compile-request.js'
import { topK } from './compile-chat.js'

const fields: FieldNames = {
  maxTokens: 'max_new_tokens',
  temperature: 'temperature',
  topP: 'top_p',
  minP: 'min_p',
  repetitionPenalty: 'repetition_penalty',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  seed: 'sampling_seed',
  stop: 'stop',
  stopTokenIds: 'stop_token_ids',
  logitBias: 'logit_bias',
}

/** The body of `/generate`, which adds special tokens to the text by itself. */
export function compileGenerate(request: CanonicalRequest): WireBody {
  const { options, constraint, stream } = request
  const sampling: WireBody = {}
  copyOptions(options, fields, sampling)
  if (options.topK !== undefined) sampling['top_k'] = topK(options.topK)
  if (constraint !== undefined) Object.assign(sampling, compileConstraint(constraint))
  const body: WireBody = { text: promptWithoutBos(request), sampling_params: sampling }
  const { logprobs } = options
  if (logprobs !== undefined && logprobs !== false) {
    Object.assign(body, { return_logprob: true, return_text_in_logprobs: true })
    if (logprobs !== true && logprobs > 0) body['top_logprobs_num'] = logprobs
  }
  if (stream) body['stream'] = true
  return body
}

function compileConstraint(constraint: Constraint): object {
  switch (constraint.format) {
    case 'json':
      // As text, unlike everywhere else.
      return { json_schema: JSON.stringify(constraint.schema) }
    case 'json-object':
      return { json_schema: '{"type":"object"}' }
    case 'regex':
      return { regex: constraint.pattern }
    case 'choice':
      return { regex: choicePattern(constraint.choices) }
    case 'grammar':
      return { ebnf: constraint.grammar }
  }
}
