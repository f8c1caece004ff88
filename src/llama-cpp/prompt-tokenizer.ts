import type { LlamaModel, Token } from 'node-llama-cpp'

import type { CanonicalRequest } from '../contract/engine.js'
import type { Warning } from '../contract/response.js'
import { InvalidRequestError } from '../errors/invalid-request-error.js'
import { ModelAbilityError } from '../errors/model-ability-error.js'
import type { ChatTemplate, ChatTemplateInput } from '../template/chat-template.js'
import type { PromptSegment } from '../template/content-marks.js'
import { endsOpen } from '../template/continued-message.js'
import { thinkingVariables } from './capabilities.js'
import type { Vocabulary } from './vocabulary.js'

/** A prompt as the model reads it. */
export interface PromptTokens {
  /** What was made into tokens: the rendered conversation, or the literal text. */
  readonly text: string
  readonly tokens: readonly Token[]
  readonly warnings: readonly Warning[]
}

/** Turns requests into tokens. A beginning-of-text token comes first where the model wants one, and never twice. */
export class PromptTokenizer {
  readonly #model: LlamaModel
  readonly #vocabulary: Vocabulary
  readonly #template: ChatTemplate | undefined

  constructor(model: LlamaModel, vocabulary: Vocabulary, template: ChatTemplate | undefined) {
    this.#model = model
    this.#vocabulary = vocabulary
    this.#template = template
  }

  /**
   * The tokens of a request. In literal text, special tokens are recognised; in a conversation only those that the
   * template wrote: what stands in a message stays text. A last message of the assistant is continued.
   *
   * @throws HeadraceError `MODEL_ABILITY` for a conversation and a model without a chat template, `INVALID_REQUEST` for
   * one that the template refuses, or for no text at all.
   */
  tokenize(request: Pick<CanonicalRequest, 'kind' | 'messages' | 'prompt' | 'options'>): PromptTokens {
    const prompt =
      request.kind === 'completion'
        ? { text: request.prompt ?? '', tokens: this.#model.tokenize(request.prompt ?? '', true), warnings: [] }
        : this.#tokenizeChat(request)
    const tokens = this.#withBeginning(prompt.tokens)
    if (tokens.length === 0) {
      throw new InvalidRequestError('The prompt is empty, and this model cannot begin from nothing: give some text.')
    }
    return { ...prompt, tokens }
  }

  #tokenizeChat({ messages = [], options }: Pick<CanonicalRequest, 'messages' | 'options'>): PromptTokens {
    if (this.#template === undefined) {
      throw new ModelAbilityError(
        'The model cannot chat: its file has no chat template; continue literal text with complete(prompt, { raw: true }).',
      )
    }
    const variables = { ...thinkingVariables(this.#template, options.reasoning), ...options.chatTemplateKwargs }
    const input: ChatTemplateInput = { messages, variables, continueFinalMessage: endsOpen(messages) }
    const { text, segments, alteredMessages } = this.#template.renderSegments(input)
    const warnings = alteredMessages.map(alteredWarning)
    if (segments === undefined) return this.#tokenizeDefused(this.#template, input, warnings)
    const whole = this.#model.tokenize(text, true)
    const tokens = this.#holdsOnlyTheTemplates(whole, segments) ? whole : this.#tokenizeSegments(segments)
    return { text, tokens, warnings }
  }

  /** The whole text in one go gives the very tokens that the model was trained on; parts may differ where they meet. */
  #holdsOnlyTheTemplates(whole: readonly Token[], segments: readonly PromptSegment[]): boolean {
    const found = this.#controlsIn(whole)
    const expected = segments.flatMap(({ text, origin }) =>
      origin === 'template' ? this.#controlsIn(this.#model.tokenize(text, true)) : [],
    )
    return found.length === expected.length && found.every((token, index) => token === expected[index])
  }

  #tokenizeSegments(segments: readonly PromptSegment[]): readonly Token[] {
    return segments.flatMap(({ text, origin }, index) =>
      origin === 'template'
        ? this.#model.tokenize(text, true, index === 0 ? undefined : 'trimLeadingSpace')
        : this.#tokenizeContent(text, index > 0),
    )
  }

  /** Without special tokens. llama.cpp finds user-defined ones nevertheless, so those are taken apart. */
  #tokenizeContent(text: string, isInside: boolean): readonly Token[] {
    const tokens = this.#model.tokenize(text, false, isInside ? 'trimLeadingSpace' : undefined)
    const control = tokens.find((token) => this.#vocabulary.isControl(token))
    if (control === undefined) return tokens
    const start = text.indexOf(this.#vocabulary.written(control))
    if (start === -1) return tokens
    return [
      ...this.#tokenizeContent(text.slice(0, start + 1), isInside),
      ...this.#tokenizeContent(text.slice(start + 1), true),
    ]
  }

  /** The template takes the messages apart, so control tokens in them can only be broken before it sees them. */
  #tokenizeDefused(template: ChatTemplate, input: ChatTemplateInput, warnings: readonly Warning[]): PromptTokens {
    const found = new Set<string>()
    const mapText = (text: string): string => {
      const controls = this.#controlTexts(text)
      for (const control of controls) found.add(control)
      return controls.reduce((broken, control) => broken.replaceAll(control, breakUp(control)), text)
    }
    const text = template.render({ ...input, mapText })
    const tokens = this.#model.tokenize(text, true)
    if (found.size === 0) return { text, tokens, warnings }
    const list = [...found].map((control) => JSON.stringify(control)).join(', ')
    const message = `The messages hold control tokens of the model (${list}), and its chat template takes messages apart: a zero-width space was put into each, so that they stay text.`
    return { text, tokens, warnings: [...warnings, { code: 'control-tokens-broken', message }] }
  }

  /** What of a text would be read as control tokens. */
  #controlTexts(text: string): readonly string[] {
    const tokens = this.#controlsIn(this.#model.tokenize(text, true))
    return [...new Set(tokens)].map((token) => this.#vocabulary.written(token))
  }

  #controlsIn(tokens: readonly Token[]): readonly Token[] {
    return tokens.filter((token) => this.#vocabulary.isControl(token))
  }

  #withBeginning(tokens: readonly Token[]): readonly Token[] {
    const { bos, shouldPrependBosToken } = this.#model.tokens
    return shouldPrependBosToken && bos !== null && tokens[0] !== bos ? [bos, ...tokens] : tokens
  }
}

function alteredWarning(index: number): Warning {
  const message = `The model's chat template does not write the text of message ${index} as it is: it changes it, or leaves it out.`
  return { code: 'message-altered', message }
}

function breakUp(control: string): string {
  return `${control.slice(0, 1)}\u200B${control.slice(1)}`
}
