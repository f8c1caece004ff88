import type { Runtime } from '../../contract/runtime.js'
import type { RequestItem } from './request-item.js'

const firstDelayMs = 500
const longestDelayMs = 30_000

/** Samples that were taken from the input and are not in flight: those that may be asked now, and those that wait a while. */
export class WaitingItems {
  readonly #runtime: Runtime
  readonly #onReady: () => void
  readonly #ready: RequestItem[] = []
  readonly #delays = new Map<RequestItem, () => void>()
  #isStopped = false

  constructor(runtime: Runtime, onReady: () => void) {
    this.#runtime = runtime
    this.#onReady = onReady
  }

  get size(): number {
    return this.#ready.length + this.#delays.size
  }

  take(): RequestItem | undefined {
    return this.#ready.shift()
  }

  add(item: RequestItem): void {
    this.#ready.push(item)
  }

  /** To be asked before the others. */
  addFirst(item: RequestItem): void {
    this.#ready.unshift(item)
  }

  /** To be asked after a while, which is longer the more often it failed. */
  addLater(item: RequestItem): void {
    if (this.#isStopped) {
      this.#ready.push(item)
      return
    }
    const ceilingMs = Math.min(longestDelayMs, firstDelayMs * 2 ** (item.faults - 1))
    const comeBack = (): void => {
      this.#delays.delete(item)
      this.#ready.push(item)
    }
    const cancelTimer = this.#runtime.setTimer(
      () => {
        comeBack()
        this.#onReady()
      },
      ceilingMs * (0.1 + 0.9 * this.#runtime.random()),
    )
    this.#delays.set(item, () => {
      cancelTimer()
      comeBack()
    })
  }

  /** Nothing is asked any more. */
  stop(): void {
    this.#isStopped = true
    for (const cancel of this.#delays.values()) cancel()
  }
}
