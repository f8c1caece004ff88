/** Who waits for a sequence. */
export interface SequenceClaim<Sequence> {
  /** The one that suits best; `undefined`: the one that has been free for longest. */
  choose(free: readonly Sequence[]): Sequence | undefined
  /** It is the claim's now, until it is released. */
  granted(sequence: Sequence): void
}

/** Hands out a fixed number of sequences, first come, first served. */
export class SequencePool<Sequence> {
  readonly #free: Sequence[]
  // A set keeps the order of arrival and forgets a claim in no time, however many wait.
  readonly #waiting = new Set<SequenceClaim<Sequence>>()

  constructor(sequences: readonly Sequence[]) {
    this.#free = [...sequences]
  }

  /** The claim waits until {@link grant}. */
  claim(claim: SequenceClaim<Sequence>): void {
    this.#waiting.add(claim)
  }

  /** Whether the claim was still waiting; it is forgotten then. */
  withdraw(claim: SequenceClaim<Sequence>): boolean {
    return this.#waiting.delete(claim)
  }

  release(sequence: Sequence): void {
    this.#free.push(sequence)
  }

  /** Hands the free sequences to those who wait. */
  grant(): void {
    for (const claim of this.#waiting) {
      const chosen = claim.choose(this.#free)
      const [sequence] = this.#free.splice(chosen === undefined ? 0 : this.#free.indexOf(chosen), 1)
      if (sequence === undefined) return
      this.#waiting.delete(claim)
      claim.granted(sequence)
    }
  }
}
