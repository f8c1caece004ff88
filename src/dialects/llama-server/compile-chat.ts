import type { CanonicalRequest } from '../../contract/engine.js'
import { UnsupportedOptionError } from '../../errors/unsupported-option-error.js'
import { compileRequest, type FieldNames, type WrittenBody } from '../openai/compile-request.js'
import { isJsonConstraint, responseFormat } from '../openai/json-schema-format.js'
import { templateVariables } from '../openai/template-variables.js'
import { grammarOf, logitBiasOf, samplingFields } from './fields.js'

const fields: FieldNames = { ...samplingFields, maxTokens: 'max_tokens', parallelToolCalls: 'parallel_tool_calls' }

/**
 * The body of a chat: OpenAI's, with llama.cpp's own fields beside. A last message of the assistant is continued by the
 * server without being asked to (2025).
 *
 * @throws UnsupportedOptionError `UNSUPPORTED_OPTION`
 */
export function compileChat(request: CanonicalRequest, model: string): WrittenBody {
  const { options, constraint } = request
  if (typeof options.toolChoice === 'object') {
    // It falls back to `auto` without a word.
    throw new UnsupportedOptionError(
      "The option toolChoice cannot name a tool: llama-server knows 'auto', 'none' and 'required' only.",
      { option: 'toolChoice', context: { option: 'toolChoice' } },
    )
  }
  const body = compileRequest(request, model, fields)
  const logitBias = logitBiasOf(options)
  if (logitBias !== undefined) body['logit_bias'] = logitBias
  const variables = templateVariables(options)
  if (variables !== undefined) body['chat_template_kwargs'] = variables
  if (constraint === undefined) return { body }
  if (isJsonConstraint(constraint)) {
    body['response_format'] = responseFormat(constraint)
    return { body }
  }
  const { grammar, warnings } = grammarOf(constraint, options.maxTokens)
  body['grammar'] = grammar
  return { body, warnings }
}
