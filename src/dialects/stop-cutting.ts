import type { StreamReader } from '../contract/dialect.js'
import type { AnswerSink } from '../contract/engine.js'
import type { ContentLogprob, FinishReason, Usage, Warning } from '../contract/response.js'
import type { HeadraceError } from '../errors/headrace-error.js'
import { StopStrings } from '../output/stop-strings.js'

/**
 * Takes stop strings, and what follows them, out of a text whose server leaves them in. What may be the beginning of one
 * is held back until {@link StopCuttingSink.flush}.
 */
export class StopCuttingSink implements AnswerSink {
  readonly #sink: AnswerSink
  readonly #stops: readonly string[]
  #matcher: StopStrings
  #isCut = false

  constructor(sink: AnswerSink, stops: readonly string[]) {
    this.#sink = sink
    this.#stops = stops
    this.#matcher = new StopStrings(stops)
  }

  text(delta: string, logprobs?: readonly ContentLogprob[]): void {
    const free = this.#cut(delta)
    if (free !== '' || logprobs !== undefined) this.#sink.text(free, logprobs)
  }

  /** The text was wrong until now, and so was what was held back of it. */
  revise(text: string, reasoning: string | undefined): void {
    this.#matcher = new StopStrings(this.#stops)
    this.#isCut = false
    this.#sink.revise(this.#cut(text), reasoning)
  }

  /** Nothing more comes: what was held back belongs to the text. */
  flush(): void {
    const held = this.#isCut ? '' : this.#matcher.flush()
    if (held !== '') this.#sink.text(held)
  }

  #cut(delta: string): string {
    if (this.#isCut) return ''
    const { text, stopped } = this.#matcher.push(delta)
    this.#isCut = stopped !== undefined
    return text
  }

  sent(): void {
    this.#sink.sent()
  }

  activity(): void {
    this.#sink.activity()
  }

  reasoning(delta: string): void {
    this.#sink.reasoning(delta)
  }

  toolCall(index: number, id: string | undefined, name: string | undefined, argumentsDelta: string): void {
    this.#sink.toolCall(index, id, name, argumentsDelta)
  }

  finish(reason: FinishReason): void {
    this.#sink.finish(reason)
  }

  usage(usage: Usage): void {
    this.#sink.usage(usage)
  }

  model(name: string): void {
    this.#sink.model(name)
  }

  raw(value: unknown): void {
    this.#sink.raw(value)
  }

  warn(warning: Warning): void {
    this.#sink.warn(warning)
  }

  end(error?: HeadraceError): void {
    this.#sink.end(error)
  }
}

/** A reader whose text goes through a {@link StopCuttingSink}. */
export class StopCuttingReader implements StreamReader {
  readonly #reader: StreamReader
  readonly #stops: readonly string[]
  #sink: StopCuttingSink | undefined

  constructor(reader: StreamReader, stops: readonly string[]) {
    this.#reader = reader
    this.#stops = stops
  }

  get isDone(): boolean {
    return this.#reader.isDone
  }

  event(data: string, sink: AnswerSink): void {
    this.#reader.event(data, this.#through(sink))
  }

  end(sink: AnswerSink): boolean {
    const target = this.#through(sink)
    const isComplete = this.#reader.end(target)
    target.flush()
    return isComplete
  }

  #through(sink: AnswerSink): StopCuttingSink {
    return (this.#sink ??= new StopCuttingSink(sink, this.#stops))
  }
}
