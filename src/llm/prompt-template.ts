import type { ChatMessage } from '../contract/message.js'
import { InvalidRequestError } from '../errors/invalid-request-error.js'

/** Text with `{name}` where a variable goes; `{{` and `}}` are literal braces. Or messages of such text. */
export type PromptTemplate = string | readonly ChatMessage[]

export type PromptVariables = Readonly<Record<string, string | number | boolean>>

const pattern = /\{\{|\}\}|\{([^{}]*)\}/g

/** @throws InvalidRequestError `INVALID_REQUEST` when a variable is missing; names it and the ones there are. */
export function fillTemplate(template: string, variables: PromptVariables): string {
  return template.replace(pattern, (match, name: string | undefined) => {
    if (match === '{{') return '{'
    if (match === '}}') return '}'
    const key = name?.trim() ?? ''
    if (!Object.hasOwn(variables, key)) {
      const known = Object.keys(variables).join(', ') || 'none'
      throw new InvalidRequestError(
        `The template needs a variable "${key}" that was not given (given: ${known}); write {{ and }} for literal braces.`,
      )
    }
    return String(variables[key])
  })
}

/** Fills every text of every message. */
export function fillMessages(messages: readonly ChatMessage[], variables: PromptVariables): readonly ChatMessage[] {
  return messages.map((message) => ({
    ...message,
    content:
      typeof message.content === 'string'
        ? fillTemplate(message.content, variables)
        : message.content.map((part) =>
            part.type === 'text' ? { ...part, text: fillTemplate(part.text, variables) } : part,
          ),
  }))
}
