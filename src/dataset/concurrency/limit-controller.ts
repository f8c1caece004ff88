import type { ServerLoad } from '../../contract/server-load.js'

/**
 * What set the limit of an endpoint.
 *
 * - `given`: the run's options
 * - `back end`: the model can do so many at once
 * - `start`: nothing is known yet
 * - `queue gauge`: the server's own count of requests that wait
 * - `time to first token`: how long answers take to begin
 * - `rejections`: the server refused requests
 * - `goodput`: tokens a second
 */
export type LimitSignal =
  | 'given'
  | 'back end'
  | 'start'
  | 'queue gauge'
  | 'time to first token'
  | 'rejections'
  | 'goodput'

/** Sums over answers. */
export interface AnswerSums {
  readonly count: number
  readonly totalMs: number
  /** Of the streamed ones, from the first token to the end. */
  readonly afterFirstTokenMs: number
  readonly inputTokens: number
  readonly outputTokens: number
}

/** What was seen of an endpoint since the observation before. */
export interface Observation {
  /** Milliseconds since the observation before. */
  readonly elapsedMs: number
  /** Requests that may be in flight, and that are. */
  readonly limit: number
  readonly inFlight: number
  readonly load: ServerLoad | undefined
  /** Requests in flight of whose answers nothing came yet. `undefined` where answers are not streamed. */
  readonly unbegun: number | undefined
  /** Answers that began, and after how many milliseconds, of some of them. */
  readonly begun: number
  readonly firstTokensMs: readonly number[]
  readonly answered: AnswerSums
}

/** Finds how many requests an endpoint should have in flight, from one kind of signal. Pure: no clock, no network. */
export interface LimitController {
  readonly signal: LimitSignal
  /** @returns the limit from now on. */
  next(observation: Observation): number
  /** The server refused requests and took `accepted` of them: that is the limit now. */
  refused(accepted: number): void
}
