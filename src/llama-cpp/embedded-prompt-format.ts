import type { ChatMessage } from '../contract/message.js'
import type { PromptFormat, RenderedText, RenderOptions } from '../contract/prompt-format.js'
import type { ChatTemplate } from '../template/chat-template.js'
import { renderUserTurn } from '../template/user-turn.js'
import { userTurnStops } from '../template/user-turn-stops.js'
import type { LlamaCppEngine } from './llama-cpp-engine.js'

/** The prompt format of a model in this process: what the engine itself makes of a request. */
export class EmbeddedPromptFormat implements PromptFormat {
  readonly #engine: LlamaCppEngine
  readonly #preQueryTemplate: string | undefined
  #stops: readonly string[] | undefined

  constructor(engine: LlamaCppEngine, preQueryTemplate: string | undefined) {
    this.#engine = engine
    this.#preQueryTemplate = preQueryTemplate
  }

  render(messages: readonly ChatMessage[], { variables }: RenderOptions = {}): RenderedText {
    const { text } = this.#engine.tokenizePrompt({
      kind: 'chat',
      messages,
      prompt: undefined,
      options: variables === undefined ? {} : { chatTemplateKwargs: variables },
    })
    return { text, bos: undefined }
  }

  renderUserTurn(messages: readonly ChatMessage[], options: RenderOptions = {}): RenderedText {
    const template = (): ChatTemplate => this.#engine.template
    const own = { preQueryTemplate: this.#preQueryTemplate, bos: this.#engine.bos }
    const text = renderUserTurn(template, messages, { ...options, ...own })
    return { text, bos: undefined, stops: (this.#stops ??= userTurnStops(template, this.#preQueryTemplate)) }
  }

  countTokens({ text }: RenderedText): number {
    return this.countLiteralTokens(text)
  }

  /** With the beginning-of-text token that the engine adds. */
  countLiteralTokens(text: string): number {
    if (text === '') return 0
    return this.#engine.tokenizePrompt({ kind: 'completion', messages: undefined, prompt: text, options: {} }).tokens
      .length
  }
}
