import type { Runtime } from '../contract/runtime.js'
import type { HeadraceError } from '../errors/headrace-error.js'
import { ModelLoadingError } from '../errors/model-loading-error.js'
import { ModelNotFoundError } from '../errors/model-not-found-error.js'
import { ServerError } from '../errors/server-error.js'
import { StreamTruncatedError } from '../errors/stream-truncated-error.js'
import { retryDelayMs } from '../transport/retry-delay.js'

const longestWaitStepMs = 5000
const firstWaitStepMs = 1000
const longestRetryAfterMs = 300_000

/** When the same request is sent again: after a failure, or because the server is not ready. */
export type Retry =
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'wait'; readonly delayMs: number; readonly waitedMs: number }

/** Whether a request that failed before its answer began is sent again. Waiting for a model to load is no retry. */
export class RetryPolicy {
  readonly #maxRetries: number
  readonly #waitTimeoutMs: number
  readonly #runtime: Runtime
  #retries = 0
  #waits = 0
  #waitedMs = 0
  #hasServerFailed = false

  constructor(maxRetries: number, waitTimeoutMs: number, runtime: Runtime) {
    this.#maxRetries = maxRetries
    this.#waitTimeoutMs = waitTimeoutMs
    this.#runtime = runtime
  }

  /** `undefined`: it is not. */
  next(cause: HeadraceError): Retry | undefined {
    if (cause instanceof ModelLoadingError) return this.#wait(cause)
    // A model whose process died is missing while the server makes it again (Xinference 3.2).
    const isMadeAgain = this.#hasServerFailed && cause instanceof ModelNotFoundError
    if (!cause.isRetryable && !(cause instanceof StreamTruncatedError) && !isMadeAgain) return undefined
    if (this.#retries >= this.#maxRetries) return undefined
    if ((cause.retryAfterMs ?? 0) > longestRetryAfterMs) return undefined
    this.#hasServerFailed ||= cause instanceof ServerError
    this.#retries++
    return { kind: 'retry', delayMs: retryDelayMs(this.#retries + 1, cause.retryAfterMs, this.#runtime) }
  }

  #wait({ retryAfterMs }: ModelLoadingError): Retry | undefined {
    const delayMs = Math.min(retryAfterMs ?? Infinity, firstWaitStepMs * 2 ** this.#waits, longestWaitStepMs)
    if (this.#waitedMs + delayMs > this.#waitTimeoutMs) return undefined
    this.#waits++
    this.#waitedMs += delayMs
    return { kind: 'wait', delayMs, waitedMs: this.#waitedMs }
  }
}
