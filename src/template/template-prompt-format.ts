import type { ChatMessage } from '../contract/message.js'
import type { PromptFormat, RenderedText, RenderOptions } from '../contract/prompt-format.js'
import type { ChatTemplate } from './chat-template.js'
import { endsOpen } from './continued-message.js'
import type { Tokenizer } from './tokenizer.js'
import { renderUserTurn } from './user-turn.js'
import { userTurnStops } from './user-turn-stops.js'

export interface TemplatePromptFormatOptions {
  /**
   * The name of one of the tokenizer's templates, or a template itself.
   *
   * @defaultValue `tool_use` for calls with tools if there is one, else `default`
   */
  readonly chatTemplate?: string | undefined
  /**
   * How a user's turn begins: the name of a preset, or literal text.
   *
   * @defaultValue what the chat template writes before a user's text
   */
  readonly preQueryTemplate?: string | undefined
}

/** How a model reads, by its chat template and its tokenizer. */
export class TemplatePromptFormat implements PromptFormat {
  readonly #tokenizer: Tokenizer
  readonly #options: TemplatePromptFormatOptions
  #stops: readonly string[] | undefined

  constructor(tokenizer: Tokenizer, options: TemplatePromptFormatOptions = {}) {
    this.#tokenizer = tokenizer
    this.#options = options
  }

  /** @throws HeadraceError `INVALID_REQUEST` with the template's own reason, `MODEL_ABILITY` without a template. */
  render(messages: readonly ChatMessage[], options: RenderOptions = {}): RenderedText {
    return this.#withBos(
      this.#template(options).render({ ...options, messages, continueFinalMessage: endsOpen(messages) }),
    )
  }

  /**
   * @throws HeadraceError `INVALID_REQUEST` with the template's own reason, `MODEL_ABILITY` without a template where one is
   * needed, or with one that a user's turn cannot be derived from.
   */
  renderUserTurn(messages: readonly ChatMessage[], options: RenderOptions = {}): RenderedText {
    const { preQueryTemplate } = this.#options
    const { bos_token: bos } = this.#tokenizer.specialTokens
    const template = (): ChatTemplate => this.#template(options)
    const text = renderUserTurn(template, messages, { ...options, preQueryTemplate, bos })
    return { ...this.#withBos(text), stops: (this.#stops ??= userTurnStops(template, preQueryTemplate)) }
  }

  countTokens({ text }: RenderedText): number {
    return this.#tokenizer.countTokens(text, { addSpecialTokens: false })
  }

  countLiteralTokens(text: string): number {
    return this.#tokenizer.countTokens(text)
  }

  #template({ tools }: RenderOptions): ChatTemplate {
    const hasTools = tools !== undefined && tools.length > 0
    return this.#tokenizer.chatTemplate({ name: this.#options.chatTemplate, hasTools })
  }

  #withBos(text: string): RenderedText {
    const { addsBos, specialTokens } = this.#tokenizer
    const { bos_token: bos } = specialTokens
    return { text, bos: addsBos && bos !== undefined && text.startsWith(bos) ? bos : undefined }
  }
}
