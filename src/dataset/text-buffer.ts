const firstBytes = 64 * 1024
/** More than that is not kept for what comes next. */
const mostBytes = 1024 * 1024

/**
 * Texts one after the other, as UTF-8. They are written into bytes at once, so that long ones are not copied as strings
 * on the way, which cost the collector of garbage more than all else a row needs.
 */
export class TextBuffer {
  #bytes = Buffer.allocUnsafeSlow(firstBytes)
  #length = 0

  get length(): number {
    return this.#length
  }

  write(text: string): void {
    // No character takes more than three bytes for each of its units.
    this.#makeRoom(text.length * 3)
    this.#length += this.#bytes.write(text, this.#length)
  }

  writeBytes(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** What was written; only until the next write. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  clear(): void {
    this.#length = 0
    if (this.#bytes.length > mostBytes) this.#bytes = Buffer.allocUnsafeSlow(firstBytes)
  }

  /** Gives away what was written, in memory of its own. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = new Uint8Array(this.#length)
    taken.set(this.bytes)
    this.clear()
    return taken
  }

  #makeRoom(bytes: number): void {
    const most = this.#length + bytes
    if (most <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(most, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}
