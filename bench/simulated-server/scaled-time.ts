import type { SimulatedTime } from './simulated-time.js'

interface Timer {
  readonly callback: () => void
  /** Simulated. */
  readonly atMs: number
  cancel: () => void
}

/**
 * Time by the clock of the machine, so many times as fast. Where a timer comes late because the machine was busy or an
 * event took long, time has stood still for what it was late beyond `slackMs`: otherwise the simulated machine would look
 * idle because the real one was not.
 */
export class ScaledTime implements SimulatedTime {
  readonly timeScale: number
  readonly #slackMs: number
  #startedAt: number | undefined
  #lostMs = 0
  readonly #waiting = new Set<Timer>()

  constructor(timeScale: number, slackMs: number) {
    this.timeScale = timeScale
    this.#slackMs = slackMs
  }

  get lostMs(): number {
    return this.#lostMs
  }

  now(): number {
    return this.#startedAt === undefined ? 0 : (performance.now() - this.#startedAt - this.#lostMs) * this.timeScale
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const timer: Timer = { callback, atMs: this.now() + delayMs, cancel: () => void this.#waiting.delete(timer) }
    if (this.#startedAt === undefined) this.#waiting.add(timer)
    else this.#arm(timer)
    return () => timer.cancel()
  }

  start(): void {
    if (this.#startedAt !== undefined) return
    this.#startedAt = performance.now()
    for (const timer of this.#waiting) this.#arm(timer)
    this.#waiting.clear()
  }

  note(): void {
    // What comes meanwhile comes when it comes.
  }

  #arm(timer: Timer): void {
    const delayMs = Math.max(1, Math.round((timer.atMs - this.now()) / this.timeScale))
    const dueAt = performance.now() + delayMs
    const fire = (): void => {
      this.#lostMs += Math.max(0, performance.now() - dueAt - this.#slackMs)
      timer.callback()
    }
    const handle = setTimeout(fire, delayMs)
    timer.cancel = () => clearTimeout(handle)
  }
}
