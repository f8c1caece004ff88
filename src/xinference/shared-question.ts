import type { Runtime } from '../contract/runtime.js'
import { sleep } from '../transport/sleep.js'

const intervalMs = 1000

/** An answer, and when it was asked for, on the runtime's clock. */
export interface SharedAnswer<T> {
  readonly answer: T
  readonly askedAt: number
}

/**
 * One question for all who ask it at about the same time, at most once a second. Nobody gets an answer that was asked for
 * before he came: it might not know yet what he asks about.
 */
export class SharedQuestion<T> {
  readonly #ask: () => Promise<T>
  readonly #runtime: Runtime
  #next: Promise<SharedAnswer<T>> | undefined
  #askedAt = -Infinity

  constructor(ask: () => Promise<T>, runtime: Runtime) {
    this.#ask = ask
    this.#runtime = runtime
  }

  ask(): Promise<SharedAnswer<T>> {
    this.#next ??= this.#askNext()
    return this.#next
  }

  async #askNext(): Promise<SharedAnswer<T>> {
    const delayMs = this.#askedAt + intervalMs - this.#runtime.now()
    // Even when it is due at once, those who fail together ask together.
    await sleep(Math.max(0, delayMs), undefined, this.#runtime, () => new Error())
    this.#next = undefined
    this.#askedAt = this.#runtime.now()
    return { answer: await this.#ask(), askedAt: this.#askedAt }
  }
}
