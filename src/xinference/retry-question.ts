import type { Runtime } from '../contract/runtime.js'
import { isHeadraceError } from '../errors/headrace-error.js'
import { ModelLoadingError } from '../errors/model-loading-error.js'
import { retryDelayMs } from '../transport/retry-delay.js'
import type { Budget } from './budget.js'

/**
 * Asks again, as often as calls are sent again, where what failed may pass: a connection, 502, 503, a busy server. For
 * questions only: a command may have been heard, and a credential that was refused is never sent twice.
 */
export async function retryQuestion<T>(
  ask: () => Promise<T>,
  maxRetries: number,
  budget: Budget,
  runtime: Runtime,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      // That a model is loading is an answer.
      if (!isHeadraceError(error) || !error.isRetryable || error instanceof ModelLoadingError) throw error
      if (attempt > maxRetries) throw error
      if (!(await budget.pause(retryDelayMs(attempt + 1, error.retryAfterMs, runtime)))) throw error
    }
  }
}
