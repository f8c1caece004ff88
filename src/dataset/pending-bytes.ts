/** More than that is not kept for what comes next. */
const mostBytes = 1024 * 1024

/** Bytes that wait for those behind them, in memory that is used again: nothing is left to the collector. */
export class PendingBytes {
  #memory = Buffer.alloc(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** All that waits; only until the next change. */
  get bytes(): Buffer {
    return this.#memory.subarray(0, this.#length)
  }

  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length
    if (length > this.#memory.length) this.#resize(Math.max(length, this.#length * 2))
    this.#memory.set(bytes, this.#length)
    this.#length = length
  }

  /** So many of the first have had their turn. */
  drop(count: number): void {
    this.#memory.copyWithin(0, count, this.#length)
    this.#length -= count
    if (this.#memory.length > mostBytes && this.#length <= mostBytes) this.#resize(this.#length)
  }

  #resize(length: number): void {
    const memory = Buffer.allocUnsafeSlow(length)
    this.#memory.copy(memory, 0, 0, this.#length)
    this.#memory = memory
  }
}
