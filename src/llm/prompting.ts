import type { CanonicalRequest } from '../contract/engine.js'
import type { ChatMessage } from '../contract/message.js'
import type { GenerationOptions } from '../contract/options.js'
import type { PromptFormat, RenderedText, RenderOptions } from '../contract/prompt-format.js'

/** How a model's own prompt format takes part in its calls. */
export interface Prompting {
  readonly format: PromptFormat
  /**
   * `send`: conversations are rendered here and sent as literal text, where that route carries all of the call's
   * options. `count`: they go as conversations, and their tokens are counted first. `turns`: only the user's turns below,
   * because the engine renders and counts by itself.
   */
  readonly use: 'send' | 'count' | 'turns'
  /** Conversations that do not end with the user's message, the empty one too, make the model write the user's turn. */
  readonly opensUserTurn: boolean
}

/** Whether the model is to write the user's turn of this conversation. */
export function opensUserTurn(prompting: Prompting | undefined, messages: readonly ChatMessage[]): boolean {
  return prompting?.opensUserTurn === true && messages.at(-1)?.role !== 'user'
}

/** A conversation as text. @throws HeadraceError `INVALID_REQUEST` with the template's reason. */
export function renderConversation(
  prompting: Prompting,
  messages: readonly ChatMessage[],
  options: GenerationOptions,
): RenderedText {
  const { format } = prompting
  const render: RenderOptions = { tools: options.tools, variables: templateVariables(options) }
  return opensUserTurn(prompting, messages) ? format.renderUserTurn(messages, render) : format.render(messages, render)
}

/** The text that a model reads of a request, and its tokens, as far as its format is here. */
export function readPrompt(
  prompting: Prompting | undefined,
  { messages, prompt, options }: CanonicalRequest,
  inputTokens: number | undefined,
): { readonly prompt: string | undefined; readonly tokens: number | undefined } {
  if (prompting === undefined || (prompt !== undefined && inputTokens !== undefined)) {
    return { prompt, tokens: inputTokens }
  }
  const { format } = prompting
  if (messages === undefined) return { prompt, tokens: format.countLiteralTokens(prompt ?? '') }
  const rendered = renderConversation(prompting, messages, options)
  return { prompt: rendered.text, tokens: format.countTokens(rendered) }
}

/** Tokens of a text, or of a conversation in the chat template. */
export function countTokens(prompting: Prompting, input: string | readonly ChatMessage[]): number {
  const { format } = prompting
  if (typeof input === 'string') return format.countLiteralTokens(input)
  return format.countTokens(renderConversation(prompting, input, {}))
}

/** Options that the template reads rather than the server. */
export const templateOptions = ['reasoning', 'chatTemplateKwargs'] as const

function templateVariables({ reasoning, chatTemplateKwargs }: GenerationOptions): RenderOptions['variables'] {
  // The variable by which most templates switch thinking; the others have no common name.
  return reasoning === undefined ? chatTemplateKwargs : { enable_thinking: reasoning, ...chatTemplateKwargs }
}
