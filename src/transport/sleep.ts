import type { Runtime } from '../contract/runtime.js'
import { onAbort } from './signal-listeners.js'

/** Resolves after a while; rejects as soon as the signal aborts, with what `toError` makes of it. */
export function sleep(
  delayMs: number,
  signal: AbortSignal | undefined,
  runtime: Runtime,
  toError: (signal: AbortSignal) => Error,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(toError(signal))
      return
    }
    const cancel = runtime.setTimer(() => {
      stopListening?.()
      resolve()
    }, delayMs)
    const stopListening =
      signal &&
      onAbort(signal, () => {
        cancel()
        reject(toError(signal))
      })
  })
}
