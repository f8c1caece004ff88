const firstBytes = 64 * 1024
/** More than that is not kept for what comes next. */
const mostBytes = 1024 * 1024
/** Calling into Node costs more than writing so few characters here. */
const fewCharacters = 48

const quote = 34
/** What JSON makes of each byte of a text that it does not leave as it is. */
const escapes: readonly (string | undefined)[] = Array.from({ length: 256 }, (_, byte) => {
  const json = JSON.stringify(String.fromCharCode(byte)).slice(1, -1)
  return byte < 128 && json.length > 1 ? json : undefined
})
/** By how much each byte grows in JSON. */
const growth = Uint8Array.from(escapes, (json) => (json?.length ?? 1) - 1)

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
    this.#put(text)
  }

  /** Writes a text as JSON, byte for byte as `JSON.stringify` has it, for half of its time and without another string. */
  writeJSON(text: string): void {
    if (!(text as string & { isWellFormed(): boolean }).isWellFormed()) {
      this.write(JSON.stringify(text))
      return
    }
    this.#makeRoom(text.length * 3 + 2)
    this.#bytes[this.#length++] = quote
    const start = this.#length
    this.#put(text)
    this.#escape(start)
    this.#bytes[this.#length++] = quote
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

  #put(text: string): void {
    if (text.length > fewCharacters || !this.#putPlain(text)) this.#length += this.#bytes.write(text, this.#length)
  }

  /** @returns `false`, and nothing is written, where a character is not ASCII. */
  #putPlain(text: string): boolean {
    const bytes = this.#bytes
    const start = this.#length
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index)
      if (unit > 127) return false
      bytes[start + index] = unit
    }
    this.#length = start + text.length
    return true
  }

  /** Makes the end of a JSON string of what stands there from `start` on. */
  #escape(start: number): void {
    const end = this.#length
    const written = this.#bytes
    let extra = 0
    for (let index = start; index < end; index++) extra += growth[written[index] as number] as number
    this.#makeRoom(extra + 1)
    const bytes = this.#bytes
    this.#length += extra
    // From behind, until the rest stands where it stood.
    let to = this.#length
    for (let from = end - 1; to > from + 1; from--) {
      const byte = bytes[from] as number
      const json = escapes[byte]
      if (json === undefined) bytes[--to] = byte
      else for (let index = json.length - 1; index >= 0; index--) bytes[--to] = json.charCodeAt(index)
    }
  }

  #makeRoom(bytes: number): void {
    const most = this.#length + bytes
    if (most <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(most, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}
