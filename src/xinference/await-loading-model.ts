import type { Runtime } from '../contract/runtime.js'
import { AbortedError } from '../errors/aborted-error.js'
import type { HeadraceError } from '../errors/headrace-error.js'
import { ModelLoadingError } from '../errors/model-loading-error.js'
import { sleep } from '../transport/sleep.js'
import { isDescribable } from './client/model-path.js'
import type { Session } from './session.js'

const firstDelayMs = 1000
const longestDelayMs = 5000

/** How to wait for a model. */
export interface LoadingWait {
  readonly runtime: Runtime
  readonly signal: AbortSignal
  readonly waitTimeoutMs: number
  readonly onWaiting: (cause: HeadraceError, waitedMs: number, delayMs: number) => void
}

/**
 * Waits for a model that is being launched. The list of models has it only when it is ready, its description is 503 until
 * then (Xinference 4.1.0).
 *
 * @returns whether it is ready; false, and at once, for one that is not being launched.
 * @throws HeadraceError `MODEL_LOADING` when it takes longer than `waitTimeoutMs`.
 */
export async function awaitLoadingModel(session: Session, modelUid: string, wait: LoadingWait): Promise<boolean> {
  if (!isDescribable(modelUid)) return false
  const { runtime, signal, waitTimeoutMs, onWaiting } = wait
  const path = `/v1/models/${encodeURIComponent(modelUid)}`
  const startedAt = runtime.now()
  for (let delayMs = firstDelayMs; ; delayMs = Math.min(delayMs * 2, longestDelayMs)) {
    try {
      await session.request({ path, signal, maxRetries: 0 })
      return true
    } catch (error) {
      if (signal.aborted) throw error
      // That it is not there, or that this server cannot say.
      if (!(error instanceof ModelLoadingError)) return false
      const waitedMs = runtime.now() - startedAt
      if (waitedMs + delayMs > waitTimeoutMs) throw error
      onWaiting(error, waitedMs, delayMs)
      await sleep(delayMs, signal, runtime, abortedBy)
    }
  }
}

function abortedBy(signal: AbortSignal): AbortedError {
  return new AbortedError('The wait for the model was aborted.', { cause: signal.reason })
}
