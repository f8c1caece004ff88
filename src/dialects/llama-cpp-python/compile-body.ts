import type { CanonicalRequest } from '../../contract/engine.js'
import { UnsupportedOptionError } from '../../errors/unsupported-option-error.js'
import { jsonSchemaToGbnf } from '../../output/grammar/json-schema-to-gbnf.js'
import { grammarOf } from '../llama-server/fields.js'
import {
  compileRequest,
  type FieldNames,
  openAIFields,
  promptWithoutBos,
  type WrittenBody,
} from '../openai/compile-request.js'

const fields: FieldNames = { ...openAIFields, topK: 'top_k', minP: 'min_p', repetitionPenalty: 'repeat_penalty' }

/**
 * OpenAI's body, with llama.cpp's own fields beside. What is not known is dropped without a word, `stream_options` too.
 *
 * @throws UnsupportedOptionError `UNSUPPORTED_OPTION`
 */
export function compileBody(request: CanonicalRequest, model: string): WrittenBody {
  const { kind, options, constraint } = request
  const { logprobs, toolChoice } = options
  if (toolChoice === 'required') {
    throw new UnsupportedOptionError(
      "The option toolChoice cannot be 'required': the server of llama-cpp-python takes it for 'auto'; name the tool.",
      { option: 'toolChoice', context: { option: 'toolChoice' } },
    )
  }
  const body = compileRequest(request, model, fields)
  delete body['stream_options']
  if (kind === 'completion') body['prompt'] = promptWithoutBos(request)
  // Without a number there are none.
  else if (logprobs === true) body['top_logprobs'] = 0
  if (constraint === undefined) return { body }
  if (constraint.format === 'json-object') {
    body['response_format'] = { type: 'json_object' }
    return { body }
  }
  // Its own grammar of a schema (`response_format`) knows no ranges and no lengths of lists.
  const { maxTokens } = options
  const { grammar, warnings } =
    constraint.format === 'json'
      ? jsonSchemaToGbnf(constraint.schema, { maxTokens, whitespacePattern: constraint.whitespacePattern })
      : grammarOf(constraint, maxTokens)
  body['grammar'] = grammar
  return { body, warnings }
}
