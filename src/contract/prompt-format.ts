import type { ChatMessage, Tool } from './message.js'

export interface RenderOptions {
  readonly tools?: readonly Tool[] | undefined
  /** Extra variables for the template, such as `enable_thinking`. */
  readonly variables?: Readonly<Record<string, unknown>> | undefined
}

/** A conversation as the text that the model reads. */
export interface RenderedText {
  readonly text: string
  /**
   * The token, as text, that {@link text} begins with and that a server which adds special tokens to literal text would
   * add a second time.
   */
  readonly bos: string | undefined
  /** Texts that end the turn which the model is to write, besides the end of its text; most important first. */
  readonly stops?: readonly string[] | undefined
}

/** How a model reads: its chat template and its tokens. */
export interface PromptFormat {
  /**
   * Writes a conversation and the beginning of the assistant's turn. A last message of the assistant is left open, to be
   * continued.
   *
   * @throws HeadraceError `INVALID_REQUEST` with the template's own reason.
   */
  render(messages: readonly ChatMessage[], options?: RenderOptions): RenderedText
  /**
   * Writes a conversation, which may be empty, and the beginning of a user's turn, which the model then writes (Magpie,
   * arXiv:2406.08464).
   */
  renderUserTurn(messages: readonly ChatMessage[], options?: RenderOptions): RenderedText
  /** Tokens of a rendered conversation. */
  countTokens(rendered: RenderedText): number
  /** Tokens of literal text as a server counts it, with the special tokens that the tokenizer adds. */
  countLiteralTokens(text: string): number
}
