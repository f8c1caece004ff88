import type { ServerLoad } from '../../contract/server-load.js'
import type { AnswerSums, Observation } from './limit-controller.js'

/** What an answer took. */
export interface MeteredAnswer {
  readonly firstTokenMs: number | undefined
  readonly totalMs: number
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
}

/** Enough for a median. */
const mostFirstTokens = 256
/** No server makes the tokens of one answer faster than this: what came faster had been held back, and was no stream. */
const shortestTokenMs = 0.1
const manyTokens = 16
/** After so many answers in succession the server is held for one that does not stream. */
const mostUnstreamed = 8

/** Counts what happens at one endpoint between two observations. */
export class EndpointMeter {
  #unbegun = 0
  #firstTokensMs: number[] = []
  #begun = 0
  #sums: { -readonly [name in keyof AnswerSums]: AnswerSums[name] } = noAnswers()
  #streams = false
  #unstreamed = 0

  /** Whether answers come in pieces, as far as was seen. */
  get streams(): boolean {
    return this.#streams
  }

  sent(): void {
    this.#unbegun++
  }

  began(firstTokenMs: number): void {
    this.#unbegun--
    this.#begun++
    if (this.#unstreamed < mostUnstreamed) this.#streams = true
    if (this.#firstTokensMs.length < mostFirstTokens) this.#firstTokensMs.push(firstTokenMs)
  }

  /** A request ended of whose answer nothing had come before. */
  endedUnbegun(): void {
    this.#unbegun--
  }

  answered({ firstTokenMs, totalMs, inputTokens = 0, outputTokens = 0 }: MeteredAnswer): void {
    const sums = this.#sums
    sums.count++
    sums.totalMs += totalMs
    sums.inputTokens += inputTokens
    sums.outputTokens += outputTokens
    const afterFirstTokenMs = totalMs - (firstTokenMs ?? totalMs)
    sums.afterFirstTokenMs += afterFirstTokenMs
    if (outputTokens < manyTokens) return
    this.#unstreamed = afterFirstTokenMs < shortestTokenMs * outputTokens ? this.#unstreamed + 1 : 0
    if (this.#unstreamed >= mostUnstreamed) this.#streams = false
  }

  /** What was seen since it was last asked. */
  observe(elapsedMs: number, limit: number, inFlight: number, load: ServerLoad | undefined): Observation {
    const observation: Observation = {
      elapsedMs,
      limit,
      inFlight,
      load,
      unbegun: this.#streams ? this.#unbegun : undefined,
      begun: this.#begun,
      firstTokensMs: this.#firstTokensMs,
      answered: this.#sums,
    }
    this.#firstTokensMs = []
    this.#begun = 0
    this.#sums = noAnswers()
    return observation
  }
}

function noAnswers(): AnswerSums {
  return { count: 0, totalMs: 0, afterFirstTokenMs: 0, inputTokens: 0, outputTokens: 0 }
}
