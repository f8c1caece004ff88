import type { Runtime } from '../contract/runtime.js'
import { AbortedError } from '../errors/aborted-error.js'
import { TimeoutError } from '../errors/timeout-error.js'
import { sleep } from '../transport/sleep.js'
import { within } from '../transport/within.js'
import type { Endpoint } from './endpoint.js'

/** What one caller's request may take as a whole: waiting for a login, sending, and sending again. */
export class Budget {
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  readonly #runtime: Runtime
  readonly #endpoint: Endpoint
  readonly #endsAt: number

  constructor(runtime: Runtime, endpoint: Endpoint, timeoutMs: number, signal: AbortSignal | undefined) {
    this.#runtime = runtime
    this.#endpoint = endpoint
    this.timeoutMs = timeoutMs
    this.signal = signal
    this.#endsAt = runtime.now() + timeoutMs
  }

  get leftMs(): number {
    return Math.max(0, this.#endsAt - this.#runtime.now())
  }

  /** The outcome of what another request has begun, which goes on for others when this one's time is over. */
  wait<T>(promise: Promise<T>): Promise<T> {
    return within(promise, {
      runtime: this.#runtime,
      signal: this.signal,
      timeoutMs: this.leftMs,
      toAborted: abortedBy,
      toLate: () =>
        new TimeoutError(
          `${this.#endpoint.url} has not accepted the credential within ${this.timeoutMs} ms: wait longer, or look at the server's log.`,
          { phase: 'total', context: { origin: this.#endpoint.origin } },
        ),
    })
  }

  /** A pause. @returns false, and at once, when it would not end in time. */
  async pause(delayMs: number): Promise<boolean> {
    if (delayMs >= this.leftMs) return false
    await sleep(delayMs, this.signal, this.#runtime, abortedBy)
    return true
  }
}

function abortedBy(signal: AbortSignal): AbortedError {
  return new AbortedError('The request was aborted while it waited.', { cause: signal.reason })
}
