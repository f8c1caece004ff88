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

  /** Claims that wait. */
  get waitingCount(): number {
    return this.#waiting.size
  }

  claim(claim: SequenceClaim<Sequence>): void {
    if (this.#free.length === 0) this.#waiting.add(claim)
    else this.#grant(claim)
  }

  /** Whether the claim was still waiting; it is forgotten then. */
  withdraw(claim: SequenceClaim<Sequence>): boolean {
    return this.#waiting.delete(claim)
  }

  release(sequence: Sequence): void {
    this.#free.push(sequence)
    const [next] = this.#waiting
    if (next === undefined) return
    this.#waiting.delete(next)
    this.#grant(next)
  }

  #grant(claim: SequenceClaim<Sequence>): void {
    const chosen = claim.choose(this.#free)
    const [sequence] = this.#free.splice(chosen === undefined ? 0 : this.#free.indexOf(chosen), 1)
    if (sequence !== undefined) claim.granted(sequence)
  }
}
