import type { ChatMessage } from '../contract/message.js'
import type { CallOptions } from '../contract/options.js'
import type { OutputEffort } from '../contract/structured-output.js'
import { InvalidRequestError } from '../errors/invalid-request-error.js'
import { fillMessages, fillTemplate, type PromptTemplate, type PromptVariables } from './prompt-template.js'

/** The options of `structuredPredict`. */
export interface StructuredPredictOptions extends Omit<CallOptions, 'n' | 'structuredOutput'>, OutputEffort {}

/** A filled template: a prompt, or a conversation. */
export type Filled =
  | { readonly prompt: string; readonly messages?: undefined }
  | { readonly messages: readonly ChatMessage[]; readonly prompt?: undefined }

/**
 * Fills a template; `format` goes over what is asked last.
 *
 * @throws InvalidRequestError `INVALID_REQUEST` when a variable is missing.
 */
export function fill(
  template: PromptTemplate,
  variables: PromptVariables,
  format: (text: string) => string = (text) => text,
): Filled {
  if (typeof template === 'string') return { prompt: format(fillTemplate(template, variables)) }
  const messages = fillMessages(template, variables)
  const last = messages.at(-1)
  if (typeof last?.content !== 'string') return { messages }
  return { messages: [...messages.slice(0, -1), { ...last, content: format(last.content) }] }
}

/** @throws InvalidRequestError `INVALID_REQUEST` where the model called a tool instead. */
export function presentValue<T>(parsed: T | undefined): T {
  if (parsed !== undefined) return parsed
  throw new InvalidRequestError('The model called a tool instead of answering: leave tools out of structuredPredict.')
}
