import type { ChatResponse, CompletionResponse } from '../contract/response.js'
import type { ChatStreamPart, FinishStreamPart, LLMStream } from '../contract/stream-part.js'
import { AbortedError } from '../errors/aborted-error.js'
import type { HeadraceError } from '../errors/headrace-error.js'
import { InvalidRequestError } from '../errors/invalid-request-error.js'
import type { PartialJson } from '../output/partial-json.js'
import type { Call } from './call.js'
import type { CallConsumer } from './call-spec.js'

/** Parts that may wait for the reader before the socket is paused, and under which it is resumed. */
const highWaterMark = 64
const lowWaterMark = 16

type Part<Response extends ChatResponse | CompletionResponse> =
  | Exclude<ChatStreamPart, { type: 'finish' }>
  | FinishStreamPart<Response>

/** A call that was prepared, and who reads the value that its text amounts to, where it has one. */
export interface OpenedCall<Response extends ChatResponse | CompletionResponse> {
  readonly call: Call<Response>
  readonly partial: PartialJson | undefined
}

interface Reader<P> {
  readonly resolve: (result: IteratorResult<P, undefined> | Promise<IteratorResult<P, undefined>>) => void
  readonly reject: (error: HeadraceError) => void
}

/**
 * A call as an async iterator, written by hand: what arrives synchronously goes through one queue, and a part that is
 * already here costs one resolved promise. Chained async generators cost twice the whole parsing.
 */
export class CallStream<Response extends ChatResponse | CompletionResponse>
  implements LLMStream<Part<Response>, Response>, AsyncIterator<Part<Response>, undefined, undefined>
{
  readonly #open: (consumer: CallConsumer<Response>) => Promise<OpenedCall<Response>>
  #call: Call<Response> | undefined
  #partial: PartialJson | undefined
  #hasPartial = false
  #isGathered = false
  #queue: Part<Response>[] = []
  #head = 0
  #readers: Reader<Part<Response>>[] = []
  #error: HeadraceError | undefined
  #hasStarted = false
  #isIterated = false
  #isEnded = false
  #isPaused = false
  #response: Response | undefined
  #failure: HeadraceError | undefined

  /** `open` prepares the call; it is started when the first part is asked for. */
  constructor(open: (consumer: CallConsumer<Response>) => Promise<OpenedCall<Response>>) {
    this.#open = open
  }

  [Symbol.asyncIterator](): AsyncIterator<Part<Response>, undefined, undefined> {
    if (this.#isIterated)
      throw new InvalidRequestError('A stream can be read once; make the call again to read it again.')
    this.#isIterated = true
    return this
  }

  next(): Promise<IteratorResult<Part<Response>, undefined>> {
    if (!this.#hasStarted) this.#start()
    if (this.#head < this.#queue.length) return Promise.resolve(this.#hand(this.#take()))
    if (this.#error !== undefined) {
      const error = this.#error
      this.#error = undefined
      return Promise.reject(error)
    }
    if (this.#isEnded) return Promise.resolve(ended)
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }))
  }

  /** The loop was left early. */
  async return(): Promise<IteratorResult<Part<Response>, undefined>> {
    this.#hasStarted = true
    this.#isEnded = true
    this.#queue = []
    this.#head = 0
    this.#call?.abort(new AbortedError('The stream was left before its end.'))
    this.#error = undefined
    for (const reader of this.#readers.splice(0)) reader.resolve(ended)
    return ended
  }

  async response(): Promise<Response> {
    // Nobody sees the parts, so their values need not be read.
    if (!this.#isIterated) this.#isGathered = true
    this.#isIterated = true
    while (this.#response === undefined) {
      const { done } = await this.next()
      if (done) break
    }
    if (this.#response === undefined) throw this.#failure ?? new AbortedError('The stream was left before its end.')
    return this.#response
  }

  #start(): void {
    this.#hasStarted = true
    const consumer: CallConsumer<Response> = {
      part: (part) => this.#push(part),
      succeed: (response) => {
        this.#response = response
        this.#push({ type: 'finish', delta: '', text: response.text, response })
        this.#end()
      },
      fail: (error) => this.#end(error),
    }
    this.#open(consumer).then(
      ({ call, partial }) => {
        if (this.#isEnded) return
        this.#call = call
        if (!this.#isGathered) this.#partial = partial
        call.start()
      },
      (error: HeadraceError) => this.#end(error),
    )
  }

  #push(part: Part<Response>): void {
    if (this.#isEnded) return
    const reader = this.#readers.shift()
    if (reader !== undefined) {
      reader.resolve(this.#hand(part))
      return
    }
    this.#queue.push(part)
    if (!this.#isPaused && this.#queue.length - this.#head >= highWaterMark) {
      this.#isPaused = true
      this.#call?.pause()
    }
  }

  #take(): Part<Response> {
    const part = this.#queue[this.#head++] as Part<Response>
    const left = this.#queue.length - this.#head
    if (left === 0) {
      this.#queue = []
      this.#head = 0
    }
    if (this.#isPaused && left <= lowWaterMark) {
      this.#isPaused = false
      this.#call?.resume()
    }
    return part
  }

  #hand(
    part: Part<Response>,
  ): IteratorResult<Part<Response>, undefined> | Promise<IteratorResult<Part<Response>, undefined>> {
    if (this.#partial === undefined || part.type === 'finish') return { done: false, value: part }
    return this.#complete(this.#partial, part)
  }

  /** The part with the value that the text amounts to. One after the other, because each piece is read in its turn. */
  async #complete(
    partial: PartialJson,
    part: Exclude<ChatStreamPart, { type: 'finish' }>,
  ): Promise<IteratorResult<Part<Response>, undefined>> {
    if (part.type === 'text') {
      this.#hasPartial = true
      return { done: false, value: { ...part, partial: await partial.push(part.delta) } }
    }
    // What had been taken for the answer was none.
    if (this.#hasPartial && part.type !== 'tool-call' && part.text === '') {
      this.#hasPartial = false
      this.#partial = partial.reset()
    }
    return { done: false, value: part }
  }

  #end(error?: HeadraceError): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#failure = error
    const [first, ...others] = this.#readers.splice(0)
    if (error === undefined) first?.resolve(ended)
    else if (first === undefined) this.#error = error
    else first.reject(error)
    for (const reader of others) reader.resolve(ended)
  }
}

const ended: IteratorReturnResult<undefined> = { done: true, value: undefined }
