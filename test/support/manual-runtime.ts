import type { Runtime } from '../../src/contract/runtime.js'

/** A clock that stands still until a test moves it, chance without surprises, and an environment of its own. */
export class ManualRuntime implements Runtime {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly lines: string[] = []
  #now = 0
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>()

  constructor(env: Readonly<Record<string, string | undefined>> = {}) {
    this.env = env
  }

  /** How many are set and not yet due. */
  get pendingTimers(): number {
    return this.#timers.size
  }

  readonly now = (): number => this.#now

  readonly random = (): number => 0.5

  readonly setTimer = (callback: () => void, delayMs: number): (() => void) => {
    const timer = { at: this.#now + delayMs, callback }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  readonly log = (line: string): void => void this.lines.push(line)

  /** Lets time pass; what is due meanwhile happens in its order. */
  advance(durationMs: number): void {
    const end = this.#now + durationMs
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).toSorted((one, other) => one.at - other.at)
      if (next === undefined) break
      this.#timers.delete(next)
      this.#now = next.at
      next.callback()
    }
    this.#now = end
  }
}
