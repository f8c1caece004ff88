import type { Runtime } from '../contract/runtime.js'
import { onAbort } from './signal-listeners.js'

/** How long somebody waits for what others have begun. */
export interface Bounds {
  readonly runtime: Runtime
  readonly signal?: AbortSignal | undefined
  /** `Infinity` for no end. */
  readonly timeoutMs: number
  readonly toAborted: (signal: AbortSignal) => Error
  readonly toLate: () => Error
}

/** The promise's outcome, unless the signal aborts or the time passes before. The promise itself goes on. */
export function within<T>(promise: Promise<T>, bounds: Bounds): Promise<T> {
  const { runtime, signal, timeoutMs, toAborted, toLate } = bounds
  if (signal === undefined && !Number.isFinite(timeoutMs)) return promise
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      cancelTimer?.()
      stopListening?.()
    }
    const giveUp = (error: Error): void => {
      stop()
      reject(error)
    }
    const cancelTimer = Number.isFinite(timeoutMs)
      ? runtime.setTimer(() => giveUp(toLate()), Math.max(0, timeoutMs))
      : undefined
    const stopListening = signal && onAbort(signal, () => giveUp(toAborted(signal)))
    promise.then(resolve, reject).finally(stop)
    if (signal?.aborted) giveUp(toAborted(signal))
  })
}
