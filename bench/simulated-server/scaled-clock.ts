/** Simulated time: it passes so many times as fast as the time of the process, from {@link start} on. */
export class ScaledClock {
  readonly timeScale: number
  readonly #realNow: () => number
  #startedAt: number | undefined
  #lostMs = 0

  constructor(timeScale: number, realNow: () => number) {
    this.timeScale = timeScale
    this.#realNow = realNow
  }

  /** Simulated milliseconds. */
  get nowMs(): number {
    return this.#startedAt === undefined ? 0 : (this.#realNow() - this.#startedAt - this.#lostMs) * this.timeScale
  }

  /** Real milliseconds that did not count. */
  get lostMs(): number {
    return this.#lostMs
  }

  get isRunning(): boolean {
    return this.#startedAt !== undefined
  }

  start(): void {
    this.#startedAt ??= this.#realNow()
  }

  /** So many real milliseconds of the past do not count. */
  lose(realMs: number): void {
    this.#lostMs += realMs
  }

  /** Real milliseconds from now until then. */
  realUntil(simulatedMs: number): number {
    return (simulatedMs - this.nowMs) / this.timeScale
  }
}
