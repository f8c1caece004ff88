import type { CanonicalRequest } from '../../contract/engine.js'
import type { Constraint } from '../../contract/structured-output.js'
import { choicePattern } from '../choice-pattern.js'
import { compileRequest, type FieldNames, isPrefilled, openAIFields, type WireBody } from '../openai/compile-request.js'
import { responseFormat } from '../openai/json-schema-format.js'
import { templateVariables } from '../openai/template-variables.js'

const fields: FieldNames = {
  ...openAIFields,
  minP: 'min_p',
  repetitionPenalty: 'repetition_penalty',
  stopTokenIds: 'stop_token_ids',
}

/** The body of a chat: OpenAI's, with SGLang's own fields beside. */
export function compileChat(request: CanonicalRequest, model: string): WireBody {
  const { options, constraint } = request
  const body = compileRequest(request, model, fields)
  if (options.topK !== undefined) body['top_k'] = topK(options.topK)
  const variables = templateVariables(options)
  if (variables !== undefined) body['chat_template_kwargs'] = variables
  if (isPrefilled(request)) body['continue_final_message'] = true
  if (constraint !== undefined) Object.assign(body, compileConstraint(constraint))
  return body
}

/** 0 is refused; -1 is off. */
export function topK(value: number): number {
  return value === 0 ? -1 : value
}

function compileConstraint(constraint: Constraint): object {
  switch (constraint.format) {
    case 'json':
    case 'json-object':
      return { response_format: responseFormat(constraint) }
    case 'regex':
      return { regex: constraint.pattern }
    case 'choice':
      return { regex: choicePattern(constraint.choices) }
    case 'grammar':
      return { ebnf: constraint.grammar }
  }
}
