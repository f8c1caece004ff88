import type { Sequence } from './sequence.js'

/** First come, first served, but for those that were preempted: they go first. Those that are gone are skipped. */
export class WaitingQueue {
  #arrived: Sequence[] = []
  #head = 0
  /** The next one last. */
  #preempted: Sequence[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  add(sequence: Sequence): void {
    this.#arrived.push(sequence)
    this.#length++
  }

  addFirst(sequence: Sequence): void {
    this.#preempted.push(sequence)
    this.#length++
  }

  /** To be called when one that waits has left. */
  left(): void {
    this.#length--
  }

  peek(): Sequence | undefined {
    while (this.#preempted.at(-1)?.state === 'gone') this.#preempted.pop()
    const preempted = this.#preempted.at(-1)
    if (preempted !== undefined) return preempted
    while (this.#arrived[this.#head]?.state === 'gone') this.#head++
    // Taken off the front in large pieces: each one alone would move all the others.
    if (this.#head > 1024 && this.#head * 2 > this.#arrived.length) {
      this.#arrived = this.#arrived.slice(this.#head)
      this.#head = 0
    }
    return this.#arrived[this.#head]
  }

  /** Takes what {@link peek} shows. */
  take(): void {
    if (this.#preempted.pop() === undefined) this.#head++
    this.#length--
  }

  clear(): void {
    this.#arrived = []
    this.#head = 0
    this.#preempted = []
    this.#length = 0
  }
}
