import type { AnswerContext, StreamReader } from '../../contract/dialect.js'
import type { AnswerSink } from '../../contract/engine.js'
import type { FinishReason } from '../../contract/response.js'
import { CompletionText } from '../completion-text.js'
import { readEventError } from '../openai/read-http-error.js'
import { parseEvent } from '../parse-event.js'
import { habits } from './habits.js'
import { readProbabilities, readReason, reportEnd, type WireCompletion } from './read-completion.js'

/** Reads the events of `/completion`: pieces of the text, then one with `stop` that says how it ended; no `[DONE]`. */
export class CompletionStreamReader implements StreamReader {
  readonly #context: AnswerContext | undefined
  #reader: CompletionText | undefined
  #isDone = false
  #reason: FinishReason | undefined

  constructor(context: AnswerContext | undefined) {
    this.#context = context
  }

  get isDone(): boolean {
    return this.#isDone
  }

  event(data: string, sink: AnswerSink): void {
    // Later versions may end with it as on the other route.
    if (data === '[DONE]') return
    const event = parseEvent(data)
    if (event['error'] !== undefined && event['error'] !== null) throw readEventError(habits, event['error'])
    const completion = event as WireCompletion
    const { content } = completion
    if (typeof content === 'string' && content !== '') {
      this.#through(sink).push(content, completion.stop === true ? undefined : readProbabilities(completion))
    }
    if (completion.stop !== true) return
    this.#isDone = true
    this.#reason = readReason(completion)
    reportEnd(completion, sink)
    sink.raw(event)
  }

  end(sink: AnswerSink): boolean {
    this.#through(sink).end(this.#reason)
    return this.#isDone
  }

  #through(sink: AnswerSink): CompletionText {
    return (this.#reader ??= new CompletionText(sink, this.#context))
  }
}
