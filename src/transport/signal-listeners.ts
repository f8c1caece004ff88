import { Bag, type Member } from './bag.js'

/** Who is told of an abort, once. */
export interface AbortListener {
  onAbort(signal: AbortSignal): void
}

const shared = new WeakMap<AbortSignal, SignalListeners>()

/**
 * All that listen to one signal, behind a single listener of its own: ten thousand of them, as many as there are calls,
 * would make each abort and each removal slow, and Node warn of a leak.
 */
export class SignalListeners {
  readonly #signal: AbortSignal
  readonly #listeners = new Bag<AbortListener>()

  private constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** Those of a signal. */
  static of(signal: AbortSignal): SignalListeners {
    let listeners = shared.get(signal)
    if (listeners === undefined) shared.set(signal, (listeners = new SignalListeners(signal)))
    return listeners
  }

  add(listener: AbortListener): Member<AbortListener> {
    return this.#listeners.add(listener)
  }

  /** Without effect when it was removed before. */
  remove(member: Member<AbortListener>): void {
    this.#listeners.remove(member)
    if (this.#listeners.size > 0 || shared.get(this.#signal) !== this) return
    shared.delete(this.#signal)
    this.#signal.removeEventListener('abort', this.#onAbort)
  }

  readonly #onAbort = (): void => {
    shared.delete(this.#signal)
    this.#listeners.forEach((listener) => listener.onAbort(this.#signal))
  }
}

/** Calls `callback` once when the signal aborts; the returned function stops listening. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const listeners = SignalListeners.of(signal)
  const member = listeners.add({ onAbort: callback })
  return () => listeners.remove(member)
}
