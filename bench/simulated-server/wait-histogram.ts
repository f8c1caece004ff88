/** Each bucket ends so many times later than the one before it: what is read out is right within 2.5 %. */
const growth = 1.05
const firstMs = 1
const buckets = 300

/** Waits, counted by how long they were, so that any number of them takes the same memory. */
export class WaitHistogram {
  readonly #counts = new Uint32Array(buckets)
  #total = 0

  get total(): number {
    return this.#total
  }

  add(waitMs: number): void {
    const bucket = waitMs < firstMs ? 0 : 1 + Math.floor(Math.log(waitMs / firstMs) / Math.log(growth))
    const place = Math.min(buckets - 1, bucket)
    this.#counts[place] = (this.#counts[place] ?? 0) + 1
    this.#total++
  }

  addAll(other: WaitHistogram): void {
    for (let bucket = 0; bucket < buckets; bucket++) {
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + (other.#counts[bucket] ?? 0)
    }
    this.#total += other.#total
  }

  /** The wait that this share of them did not exceed; `undefined` without any. Waits below a millisecond are 0. */
  quantile(share: number): number | undefined {
    if (this.#total === 0) return undefined
    let seen = 0
    for (let bucket = 0; bucket < buckets; bucket++) {
      seen += this.#counts[bucket] ?? 0
      if (seen >= share * this.#total) return bucket === 0 ? 0 : firstMs * growth ** (bucket - 0.5)
    }
    return undefined
  }
}
