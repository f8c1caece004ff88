import type { ChatMessage } from '../contract/message.js'
import type { CallOptions } from '../contract/options.js'
import type { ChatResponse } from '../contract/response.js'
import { isHeadraceError } from '../errors/headrace-error.js'
import type { OutputIssue } from '../errors/invalid-output-error.js'
import type { LLM } from '../llm/llm.js'
import { AnswerPrinter, formatStats, noteCut, printWarnings } from './answer-printer.js'
import { describeFailure } from './failure.js'
import { MessageReader } from './message-reader.js'
import { dim } from './terminal.js'

export interface ConversationOptions {
  /** Goes first; may be empty. */
  readonly system: readonly ChatMessage[]
  readonly options: CallOptions
  readonly stats: boolean
}

/** A conversation at the terminal. It ends with `/exit`, Ctrl-D, or Ctrl-C while it waits for a message. */
export class Conversation {
  readonly #llm: LLM
  readonly #options: ConversationOptions
  readonly #reader = new MessageReader()
  #messages: readonly ChatMessage[]

  constructor(llm: LLM, options: ConversationOptions) {
    this.#llm = llm
    this.#options = options
    this.#messages = options.system
  }

  async run(): Promise<void> {
    const { modelName, contextWindow } = this.#llm.metadata
    const window = contextWindow === undefined ? '' : `, context window of ${contextWindow} tokens`
    say(`${modelName}${window}. Ctrl-C stops an answer, /reset begins anew, /exit leaves.\n`)
    printWarnings(this.#llm.warnings)
    for (;;) {
      const text = await this.#reader.read()
      if (text === undefined || /^\/(exit|quit)$/.test(text)) return
      if (text === '/reset') {
        this.#messages = this.#options.system
        say('Forgotten; this is a new conversation.\n')
      } else if (/^\/[a-z]*$/.test(text)) {
        say('The commands are /reset and /exit.\n')
      } else if (text !== '') {
        await this.#answer([...this.#messages, { role: 'user', content: text }])
        process.stdout.write('\n')
      }
    }
  }

  /** Ctrl-C, which the terminal sends as a signal while nothing is being typed, stops the answer and nothing else. */
  async #answer(messages: readonly ChatMessage[]): Promise<void> {
    const stop = new AbortController()
    const onInterrupt = (): void => stop.abort()
    process.on('SIGINT', onInterrupt)
    const printer = new AnswerPrinter()
    try {
      const stream = this.#llm.streamChat(messages, { ...this.#options.options, signal: stop.signal })
      for await (const part of stream) {
        if (part.type === 'restart') this.#noteRestart(printer, part.issues)
        else printer.part(part)
      }
      printer.end()
      this.#conclude(messages, await stream.response())
    } catch (error) {
      printer.end()
      const partial = isHeadraceError(error) ? error.partial?.text : undefined
      // What was read is part of the conversation; a question without an answer is not.
      if (stop.signal.aborted && partial) this.#messages = [...messages, { role: 'assistant', content: partial }]
      if (!stop.signal.aborted) say(`${describeFailure(error)}${this.#adviceOn(error)}\n`)
    } finally {
      process.off('SIGINT', onInterrupt)
    }
  }

  #conclude(messages: readonly ChatMessage[], response: ChatResponse): void {
    this.#messages = [...messages, response.message]
    printWarnings(response.warnings)
    noteCut(response)
    if (this.#options.stats) say(`${formatStats(response)}\n`)
  }

  #noteRestart(printer: AnswerPrinter, issues: readonly OutputIssue[]): void {
    printer.end()
    const [first] = issues
    say(`(Not valid: ${first?.path ? `${first.path} ` : ''}${first?.message ?? ''}; asked again.)\n`)
  }

  #adviceOn(error: unknown): string {
    const isFull = isHeadraceError(error) && error.code === 'CONTEXT_OVERFLOW'
    return isFull && this.#messages.length > this.#options.system.length ? '\n/reset begins a new conversation.' : ''
  }
}

function say(text: string): void {
  process.stderr.write(dim(text, process.stderr))
}
