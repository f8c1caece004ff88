/** Events a second, the last seconds counting most. */
export class MovingRate {
  readonly #memoryMs: number
  #perSecond: number | undefined

  /** After `memoryMs` what was before counts for a third. */
  constructor(memoryMs: number) {
    this.#memoryMs = memoryMs
  }

  /** `undefined` before the first event. */
  get perSecond(): number | undefined {
    return this.#perSecond
  }

  add(events: number, elapsedMs: number): void {
    if (elapsedMs <= 0 || (this.#perSecond === undefined && events === 0)) return
    const now = (events * 1000) / elapsedMs
    const weight = 1 - Math.exp(-elapsedMs / this.#memoryMs)
    this.#perSecond = this.#perSecond === undefined ? now : this.#perSecond + weight * (now - this.#perSecond)
  }
}
