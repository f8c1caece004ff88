import type { Runtime } from '../../contract/runtime.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import type { LimitFinder } from '../concurrency/limit-finder.js'
import type { RunPause } from '../run-progress.js'
import type { Patience } from './patience.js'

export interface AdmissionOptions {
  readonly runtime: Runtime
  readonly finder: LimitFinder
  readonly patience: Patience
  /** A pause is over. */
  readonly onResume: () => void
}

const firstPauseMs = 500
const longestPauseMs = 30_000
const longestRetryAfterMs = 300_000

/**
 * How many requests one endpoint may have in flight: as many as its limit says, and none while it is to be left alone.
 * The one place that decides this.
 */
export class Admission {
  readonly #options: AdmissionOptions
  #pauses = 0
  #pause: RunPause | undefined
  #isProbing = false
  /** Of requests in flight when the server began to refuse, and how many of these it refused. */
  #burst: { readonly inFlight: number; refused: number } | undefined
  #cancelTimer: (() => void) | undefined

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** Requests that may be in flight now. */
  get limit(): number {
    if (this.#pause !== undefined) return 0
    return this.#isProbing ? 1 : this.#options.finder.limit
  }

  get pause(): RunPause | undefined {
    return this.#pause
  }

  /** Whether the endpoint works, as far as is known: it may be full, but somebody is there. */
  get isUp(): boolean {
    return !this.#isProbing
  }

  /** An answer came, of whatever kind: the server works. */
  answered(): void {
    this.#options.patience.answered()
    this.#pauses = 0
    this.#isProbing = false
  }

  /**
   * The server refused, is loading or is not there. Refusals of requests that were sent before a pause began belong to it.
   *
   * @returns `false` when the run has given all the patience there is.
   */
  hold(cause: 'pressure' | 'warming-up' | 'outage', error: HeadraceError, inFlight: number): boolean {
    const { runtime, patience } = this.#options
    if (this.#pause !== undefined) {
      if (cause === 'pressure' && this.#burst !== undefined) this.#burst.refused++
      return true
    }
    if (patience.isOver) return false
    if (cause === 'pressure') this.#burst = { inFlight: inFlight + 1, refused: 1 }
    else this.#isProbing = true
    const ceilingMs = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#pauses)
    this.#pauses++
    const askedMs = Math.min(error.retryAfterMs ?? 0, longestRetryAfterMs)
    const pauseMs = Math.max(askedMs, ceilingMs * (0.5 + 0.5 * runtime.random()))
    this.#pause = { cause, message: error.message }
    this.#cancelTimer = runtime.setTimer(() => this.#resume(), pauseMs)
    return true
  }

  close(): void {
    this.#cancelTimer?.()
    this.#pause = undefined
  }

  #resume(): void {
    this.#pause = undefined
    const burst = this.#burst
    this.#burst = undefined
    if (burst !== undefined) this.#options.finder.refused(burst.inFlight - burst.refused)
    this.#options.onResume()
  }
}
