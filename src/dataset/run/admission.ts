import type { Runtime } from '../../contract/runtime.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import type { RunPause } from '../run-progress.js'

export interface AdmissionOptions {
  readonly runtime: Runtime
  /** Requests in flight at most. */
  readonly concurrency: number
  readonly patienceMs: number
  /** A pause is over. */
  readonly onResume: () => void
}

const firstPauseMs = 500
const longestPauseMs = 30_000
const longestRetryAfterMs = 300_000

/**
 * How many requests one endpoint may have in flight: as many as it is given, fewer for a while after it refused some,
 * and none while it is to be left alone. The one place that decides this.
 */
export class Admission {
  readonly #options: AdmissionOptions
  #limit: number
  /** Of the limit, reached one answer at a time. */
  #growth = 0
  #pauses = 0
  #pause: RunPause | undefined
  #isProbing = false
  #lastAnswerAt: number
  #answers = 0
  #cancelTimer: (() => void) | undefined

  constructor(options: AdmissionOptions) {
    this.#options = options
    this.#limit = options.concurrency
    this.#lastAnswerAt = options.runtime.now()
  }

  /** Requests that may be in flight now. */
  get limit(): number {
    if (this.#pause !== undefined) return 0
    return this.#isProbing ? 1 : this.#limit
  }

  get pause(): RunPause | undefined {
    return this.#pause
  }

  /** Answers so far, to tell whether any came in between. */
  get answers(): number {
    return this.#answers
  }

  /** An answer came, of whatever kind: the server works. */
  answered(): void {
    const { runtime, concurrency } = this.#options
    this.#answers++
    this.#lastAnswerAt = runtime.now()
    this.#pauses = 0
    this.#isProbing = false
    if (this.#limit === concurrency) return
    // One more for every full round of answers, as congestion control has it.
    this.#growth += Math.max(1, this.#limit / 20) / this.#limit
    const steps = Math.floor(this.#growth)
    this.#growth -= steps
    this.#limit = Math.min(concurrency, this.#limit + steps)
  }

  /**
   * The server refused, is loading or is not there. Refusals of requests that were sent before a pause began belong to it.
   *
   * @returns `false` when the server has been given all the patience there is.
   */
  hold(cause: 'pressure' | 'warming-up' | 'outage', error: HeadraceError, inFlight: number): boolean {
    const { runtime, concurrency, patienceMs, onResume } = this.#options
    if (this.#pause !== undefined) return true
    if (runtime.now() - this.#lastAnswerAt > patienceMs) return false
    if (cause === 'pressure') {
      this.#limit = Math.max(1, Math.floor(Math.min(this.#limit, Math.max(inFlight, 2)) / 2))
      this.#growth = 0
    } else {
      // When it is back it takes as much as before.
      this.#limit = concurrency
      this.#isProbing = true
    }
    const ceilingMs = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#pauses)
    this.#pauses++
    const askedMs = Math.min(error.retryAfterMs ?? 0, longestRetryAfterMs)
    const pauseMs = Math.max(askedMs, ceilingMs * (0.5 + 0.5 * runtime.random()))
    this.#pause = { cause, message: error.message }
    this.#cancelTimer = runtime.setTimer(() => {
      this.#pause = undefined
      onResume()
    }, pauseMs)
    return true
  }

  close(): void {
    this.#cancelTimer?.()
    this.#pause = undefined
  }
}
