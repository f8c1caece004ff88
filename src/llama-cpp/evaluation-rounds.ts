/** Something that is evaluated step by step. */
export interface RoundMember {
  /** It wants its next step. */
  readonly isReady: boolean
  /** It is over, and only its `close` is left to do. */
  readonly isEnded: boolean
  /** Its steps share a batch with nothing. */
  readonly isSolitary: boolean
  /** One step. Never rejects. */
  step(): Promise<void>
  /** Gives back what it holds. Never rejects. */
  close(): Promise<void>
}

// llama.cpp keeps its plan of the computation from one batch to the next of the same sequence. Making it anew costs a
// small model as much as a token does; a large one has no second token within this time.
const solitarySliceMs = 10

/**
 * Evaluates its members in rounds: a step of each at the same time, which llama.cpp computes as one batch, and the next
 * round when all have theirs. Solitary members have their steps one after the other, between two shared rounds.
 *
 * Free-running loops would do with less code, and node-llama-cpp would then evaluate without a pause for as long as one
 * of them has work queued. It clears a sequence only in a pause, so a new call would wait until the running ones end.
 */
export class EvaluationRounds {
  readonly #members = new Set<RoundMember>()
  readonly #beforeRound: () => void
  #isTurning = false
  #whenEmpty: (() => void)[] = []

  /** @param beforeRound - Called when what ended is closed; it may add members. */
  constructor(beforeRound: () => void = () => {}) {
    this.#beforeRound = beforeRound
  }

  add(member: RoundMember): void {
    this.#members.add(member)
    this.wake()
  }

  /** A member became ready or ended, or `beforeRound` has something to do. */
  wake(): void {
    if (this.#isTurning) return
    this.#isTurning = true
    queueMicrotask(() => void this.#turn())
  }

  /** Resolves when no member is left. */
  empty(): Promise<void> {
    if (this.#members.size === 0 && !this.#isTurning) return Promise.resolve()
    return new Promise((resolve) => this.#whenEmpty.push(resolve))
  }

  async #turn(): Promise<void> {
    for (;;) {
      await this.#closeEnded()
      this.#beforeRound()
      const shared: RoundMember[] = []
      const solitary: RoundMember[] = []
      for (const member of this.#members) {
        if (member.isReady) (member.isSolitary ? solitary : shared).push(member)
      }
      if (shared.length + solitary.length === 0 && !this.#hasEnded()) break
      if (shared.length > 0) await Promise.all(shared.map((member) => member.step()))
      for (const member of solitary) await this.#stepForAWhile(member)
    }
    this.#isTurning = false
    if (this.#members.size > 0) return
    for (const resolve of this.#whenEmpty.splice(0)) resolve()
  }

  async #stepForAWhile(member: RoundMember): Promise<void> {
    const until = performance.now() + solitarySliceMs
    do {
      if (!member.isReady) return
      await member.step()
    } while (performance.now() < until)
  }

  #hasEnded(): boolean {
    for (const member of this.#members) if (member.isEnded) return true
    return false
  }

  async #closeEnded(): Promise<void> {
    for (const member of this.#members) {
      if (!member.isEnded) continue
      this.#members.delete(member)
      await member.close()
    }
  }
}
