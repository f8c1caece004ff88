import { Bag } from './bag.js'

/** The callbacks of one signal, behind a single listener. */
interface SharedListener {
  readonly callbacks: Bag<() => void>
  readonly listener: () => void
}

const shared = new WeakMap<AbortSignal, SharedListener>()

/**
 * Calls `callback` once when the signal aborts; the returned function stops listening. However many calls share a
 * signal, it has one listener: ten thousand of them would make each abort and each removal slow, and Node warn of a leak.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let entry = shared.get(signal)
  if (entry === undefined) {
    const callbacks = new Bag<() => void>()
    const listener = (): void => {
      shared.delete(signal)
      callbacks.forEach((each) => each())
    }
    entry = { callbacks, listener }
    shared.set(signal, entry)
    signal.addEventListener('abort', listener, { once: true })
  }
  const { callbacks, listener } = entry
  const member = callbacks.add(callback)
  return () => {
    callbacks.remove(member)
    if (callbacks.size === 0 && shared.get(signal)?.callbacks === callbacks) {
      shared.delete(signal)
      signal.removeEventListener('abort', listener)
    }
  }
}
