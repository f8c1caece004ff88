import type { StoredAnswer } from '../../tasks/task.js'

const textStart = '{"text":'.length
const quote = 34
const backslash = 92

/**
 * An answer as the bytes that the journal has of it. Its text, which comes first, is most of them: who only hands it on
 * can do so without reading it.
 */
export class StoredBytes {
  readonly #bytes: Buffer
  #answer: StoredAnswer | undefined

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get answer(): StoredAnswer {
    return (this.#answer ??= JSON.parse(this.#bytes.toString('utf8')) as StoredAnswer)
  }

  /** The text as JSON. */
  get textJSON(): Uint8Array {
    return this.#bytes.subarray(textStart, this.#textEnd)
  }

  /** Everything but the text. */
  get rest(): Omit<StoredAnswer, 'text'> {
    if (this.#answer !== undefined) return this.#answer
    const rest = this.#bytes.toString('utf8', this.#textEnd)
    return JSON.parse(rest === '}' ? '{}' : `{${rest.slice(1)}`) as Omit<StoredAnswer, 'text'>
  }

  /** Behind the text's closing quotation mark: the first one that is not escaped. */
  get #textEnd(): number {
    for (let at = textStart + 1; ; at++) {
      at = this.#bytes.indexOf(quote, at)
      let escapes = 0
      while (this.#bytes[at - 1 - escapes] === backslash) escapes++
      if (escapes % 2 === 0) return at + 1
    }
  }
}
