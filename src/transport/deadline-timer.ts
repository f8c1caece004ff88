import type { Runtime } from '../contract/runtime.js'
import { Bag, type Member } from './bag.js'

/** A deadline that its owner moves by writing to it; the timer looks at it when it sweeps. */
export interface Deadline {
  /** When it passes, on the runtime's clock. */
  at: number
  /** Set by the owner at each sign of life, and cheaper than writing `at`: the sweep moves `at` on by `extendMs`. */
  touched: boolean
  extendMs: number
  /** `at` is never moved beyond it. */
  latest: number
  onPassed(): void
  /** The timer's own: that it holds the deadline. */
  member?: Member<Deadline> | undefined
}

const longestSleepMs = 250
const shortestSleepMs = 5

/**
 * One timer for all deadlines of all calls. A timer for each would cost more than the rest of a call; a sweep over a
 * thousand entries costs microseconds and runs a few times a second. A deadline passes at most a quarter of a second late.
 */
export class DeadlineTimer {
  readonly #runtime: Runtime
  readonly #deadlines = new Bag<Deadline>()
  #cancelSleep: (() => void) | undefined
  #wakesAt = Infinity

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  add(deadline: Deadline): void {
    deadline.member ??= this.#deadlines.add(deadline)
    if (this.#cancelSleep === undefined || deadline.at < this.#wakesAt - longestSleepMs / 10) {
      this.#sleepUntil(deadline.at)
    }
  }

  remove(deadline: Deadline): void {
    // The sleep is left to run out: cancelling it for each of thousands of short calls would cost more than one wake-up.
    if (deadline.member === undefined) return
    this.#deadlines.remove(deadline.member)
    deadline.member = undefined
  }

  #sleepUntil(at: number): void {
    this.#cancelSleep?.()
    const now = this.#runtime.now()
    const delayMs = Math.min(longestSleepMs, Math.max(shortestSleepMs, at - now))
    this.#wakesAt = now + delayMs
    this.#cancelSleep = this.#runtime.setTimer(this.#sweep, delayMs)
  }

  readonly #sweep = (): void => {
    this.#cancelSleep = undefined
    this.#wakesAt = Infinity
    const now = this.#runtime.now()
    let earliest = Infinity
    this.#deadlines.forEach((deadline) => {
      if (deadline.touched) {
        deadline.touched = false
        deadline.at = Math.min(deadline.latest, now + deadline.extendMs)
      }
      if (deadline.at <= now) {
        this.remove(deadline)
        deadline.onPassed()
      } else if (deadline.at < earliest) {
        earliest = deadline.at
      }
    })
    if (this.#deadlines.size > 0 && this.#cancelSleep === undefined) this.#sleepUntil(earliest)
  }
}
