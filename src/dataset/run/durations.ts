const kept = 512

/** How long the last requests took. */
export class Durations {
  readonly #times = new Float64Array(kept)
  #count = 0

  add(durationMs: number): void {
    this.#times[this.#count++ % kept] = durationMs
  }

  /** @returns `undefined` while there are too few to say it. */
  quantile(share: number): number | undefined {
    const count = Math.min(this.#count, kept)
    if (count < 32) return undefined
    return this.#times.slice(0, count).toSorted()[Math.min(count - 1, Math.floor(share * count))]
  }
}
