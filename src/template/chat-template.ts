import type { ChatMessage, Tool } from '../contract/message.js'
import { InvalidRequestError } from '../errors/invalid-request-error.js'
import { chooseMarks, mapMessageTexts, markMessages, type PromptSegment, splitAtMarks } from './content-marks.js'
import { ContinuedMessage } from './continued-message.js'
import { JinjaProgram, TemplateError } from './jinja-program.js'
import { type TemplateMessage, toTemplateMessages, toTemplateTools } from './template-messages.js'

/** The texts of a tokenizer's special tokens, by the names that templates use: `bos_token`, `eos_token`, ... */
export type SpecialTokenTexts = Readonly<Record<string, string | undefined>>

/** What a chat template is rendered with. */
export interface ChatTemplateInput {
  readonly messages: readonly ChatMessage[]
  readonly tools?: readonly Tool[] | undefined
  /** Ends the prompt with the beginning of an assistant's turn. @defaultValue true */
  readonly addGenerationPrompt?: boolean | undefined
  /** Leaves the last message open, so that the model continues it; nothing is then added. @defaultValue false */
  readonly continueFinalMessage?: boolean | undefined
  /** Extra variables, such as `enable_thinking`. They cannot replace the messages, the tools or the generation prompt. */
  readonly variables?: Readonly<Record<string, unknown>> | undefined
  /** Changes every text of the messages, save the roles, before it is rendered. */
  readonly mapText?: ((text: string) => string) | undefined
  /** What the template takes for the present. @defaultValue the present */
  readonly now?: Date | undefined
}

/** A prompt, and who wrote which part of it. */
export interface RenderedPrompt {
  readonly text: string
  /**
   * Their texts add up to {@link text}. `undefined` when the template takes the messages apart, so that its own words
   * cannot be told from theirs.
   */
  readonly segments: readonly PromptSegment[] | undefined
  /** The indexes of the messages whose text is not in {@link text} as it is, white space at its ends aside. */
  readonly alteredMessages: readonly number[]
}

/**
 * A model's chat template: Jinja as the Hugging Face Hub uses it. It is read when it is first rendered, so a broken one
 * does not keep a model from continuing literal text.
 */
export class ChatTemplate {
  readonly source: string
  readonly #specialTokens: SpecialTokenTexts
  #program: JinjaProgram | undefined

  constructor(source: string, specialTokens: SpecialTokenTexts = {}) {
    this.source = source
    this.#specialTokens = specialTokens
  }

  /** Whether the template reads a variable, judged by its name being in it. */
  mentions(variable: string): boolean {
    return new RegExp(`\\b${variable}\\b`).test(this.source)
  }

  /** @throws HeadraceError `INVALID_REQUEST` with the template's own reason, when it refuses the messages or is broken. */
  render(input: ChatTemplateInput): string {
    return this.#render(convert(input), input)
  }

  /**
   * Like {@link render}, and tells the template's words from the messages', so that a message cannot write the
   * template's control tokens. It renders twice: the second time with marks around each text.
   *
   * @throws HeadraceError `INVALID_REQUEST` with the template's own reason, when it refuses the messages or is broken.
   */
  renderSegments(input: ChatTemplateInput): RenderedPrompt {
    const messages = convert(input)
    const text = this.#render(messages, input)
    const alteredMessages = messages.flatMap(({ role, content }, index) =>
      // Results of tools are often written as JSON.
      role === 'tool' || text.includes(content.trim()) ? [] : [index],
    )
    const marks = chooseMarks(this.source + text + JSON.stringify(messages))
    let marked: string
    try {
      marked = this.#render(markMessages(messages, marks), input)
    } catch {
      // A template that checks the texts themselves may refuse the marked ones.
      return { text, segments: undefined, alteredMessages }
    }
    return { text, segments: splitAtMarks(marked, marks, text), alteredMessages }
  }

  #render(messages: readonly TemplateMessage[], input: ChatTemplateInput): string {
    const { tools, addGenerationPrompt = true, continueFinalMessage = false, variables, now = new Date() } = input
    const program = (this.#program ??= parse(this.source))
    const continued = continueFinalMessage ? new ContinuedMessage(messages) : undefined
    let text: string
    try {
      text = program.render(
        {
          ...this.#specialTokens,
          ...variables,
          messages: continued?.messages ?? messages,
          // Transformers passes None rather than nothing, and templates test for it.
          tools: tools === undefined || tools.length === 0 ? null : toTemplateTools(tools),
          add_generation_prompt: addGenerationPrompt && !continueFinalMessage,
        },
        now,
      )
    } catch (cause) {
      throw toRequestError(cause)
    }
    return continued === undefined ? text : continued.cut(text)
  }
}

function convert({ messages, mapText }: ChatTemplateInput): readonly TemplateMessage[] {
  const converted = toTemplateMessages(messages)
  return mapText === undefined ? converted : mapMessageTexts(converted, mapText)
}

function parse(source: string): JinjaProgram {
  try {
    return new JinjaProgram(source)
  } catch (cause) {
    throw new InvalidRequestError(
      `The model's chat template is not valid Jinja${describe(cause)} Continue literal text instead of chatting.`,
      { cause },
    )
  }
}

function toRequestError(cause: unknown): InvalidRequestError {
  const verb = cause instanceof TemplateError && cause.isRefusal ? 'refuses' : 'fails on'
  return new InvalidRequestError(`The model's chat template ${verb} this conversation${describe(cause)}`, { cause })
}

/** In which line, and why. */
function describe(cause: unknown): string {
  const line = cause instanceof TemplateError && cause.line !== undefined ? ` (line ${cause.line})` : ''
  const reason = cause instanceof Error ? cause.message : String(cause)
  return `${line}: ${/[.!?]$/.test(reason) ? reason : `${reason}.`}`
}
