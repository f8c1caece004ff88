import type { AnswerContext, StreamReader } from '../../contract/dialect.js'
import type { AnswerSink } from '../../contract/engine.js'
import type { FinishReason } from '../../contract/response.js'
import { CompletionText } from '../completion-text.js'
import { stopsOf } from '../openai/compile-request.js'
import { readEventError } from '../openai/read-http-error.js'
import { parseEvent } from '../parse-event.js'
import { habits } from './habits.js'
import { readLogprobs, readReason, readUsage, type WireGenerated, type WireMeta } from './read-generated.js'

/**
 * Reads the events of `/generate`, each of which has the whole text so far, or with `--stream-output` only its own piece.
 * A stop string is taken out of the text once it is whole, so what may be the beginning of one is held back.
 */
export class GenerateStreamReader implements StreamReader {
  readonly #context: AnswerContext | undefined
  readonly #stops: readonly string[]
  #reader: CompletionText | undefined
  /** The whole text so far, and how much of it was handed on. */
  #text = ''
  #handedOn = 0
  #logprobs = 0
  #isCumulative: boolean
  #isDone = false
  #reason: FinishReason | undefined

  /** @param streamsPieces - The server says that its events are pieces. */
  constructor(context: AnswerContext | undefined, streamsPieces: boolean) {
    this.#isCumulative = !streamsPieces
    this.#context = context
    this.#stops = context === undefined ? [] : stopsOf(context.request.options)
  }

  get isDone(): boolean {
    return this.#isDone
  }

  event(data: string, sink: AnswerSink): void {
    if (data === '[DONE]') {
      this.#isDone = true
      return
    }
    const event = parseEvent(data)
    if (event['error'] !== undefined && event['error'] !== null) throw readEventError(habits, event['error'])
    const { text, meta_info: meta } = event as WireGenerated
    this.#reason = readReason(meta)
    if (typeof text === 'string') this.#add(text)
    const logprobs = readLogprobs(meta, this.#isCumulative ? this.#logprobs : 0)
    this.#logprobs += logprobs?.length ?? 0
    // Pieces that were sent already cannot be taken back by the server.
    const isSettled = this.#reason !== undefined && (this.#isCumulative || !endsAtStop(meta))
    const end = this.#text.length - (isSettled ? 0 : this.#possibleStop())
    const delta = this.#text.slice(this.#handedOn, end)
    this.#handedOn = Math.max(this.#handedOn, end)
    if (delta !== '' || (logprobs?.length ?? 0) > 0) {
      this.#through(sink).push(delta, logprobs?.length === 0 ? undefined : logprobs)
    }
    if (this.#reason === undefined) return
    const usage = readUsage(meta)
    if (usage !== undefined) sink.usage(usage)
    sink.raw(event)
  }

  end(sink: AnswerSink): boolean {
    const reader = this.#through(sink)
    const held = this.#text.slice(this.#handedOn)
    if (held !== '' && this.#reason === undefined) reader.push(held)
    reader.end(this.#reason)
    return this.#isDone || this.#reason !== undefined
  }

  #add(text: string): void {
    // What does not begin with the text so far can only be a piece.
    if (!text.startsWith(this.#text.slice(0, this.#handedOn))) this.#isCumulative = false
    this.#text = this.#isCumulative ? text : this.#text + text
  }

  #through(sink: AnswerSink): CompletionText {
    return (this.#reader ??= new CompletionText(sink, this.#context))
  }

  /** The length of the longest end of the text that is the beginning of a stop string. */
  #possibleStop(): number {
    let longest = 0
    for (const stop of this.#stops) {
      for (let length = Math.min(stop.length, this.#text.length); length > longest; length--) {
        if (this.#text.endsWith(stop.slice(0, length))) longest = length
      }
    }
    return longest
  }
}

function endsAtStop(meta: WireMeta | null | undefined): boolean {
  const reason = meta?.finish_reason
  return typeof reason === 'object' && reason !== null && 'matched' in reason && typeof reason.matched === 'string'
}
