import type { StoredAnswer } from '../../tasks/task.js'
import type { StoredStatus } from '../journal/journal-types.js'

const textStart = '{"text":'.length
const quote = 34
const backslash = 92

/**
 * How a row ended, and its answer as the bytes that the journal has of it: a part of those of a whole page. The text,
 * which comes first, is most of them: who only hands it on can do so without reading it.
 */
export class StoredBytes {
  readonly id: number
  readonly status: StoredStatus
  readonly #page: Buffer
  readonly #start: number
  readonly #end: number
  /** Behind the text. */
  #textEnd = 0
  #answer: StoredAnswer | undefined

  constructor(id: number, status: StoredStatus, page: Buffer, start: number, end: number) {
    this.id = id
    this.status = status
    this.#page = page
    this.#start = start
    this.#end = end
  }

  get answer(): StoredAnswer {
    return (this.#answer ??= JSON.parse(this.#page.toString('utf8', this.#start, this.#end)) as StoredAnswer)
  }

  /** The text as JSON. */
  get textJSON(): Uint8Array {
    return this.#page.subarray(this.#start + textStart, this.#findTextEnd())
  }

  /** Everything but the text. */
  get rest(): Omit<StoredAnswer, 'text'> {
    if (this.#answer !== undefined) return this.#answer
    const end = this.#findTextEnd()
    if (end === this.#end - 1) return {}
    // The comma is of no use where nothing stands before it.
    return JSON.parse(`{${this.#page.toString('utf8', end + 1, this.#end)}`) as Omit<StoredAnswer, 'text'>
  }

  /** Behind the text's closing quotation mark: the first one that is not escaped. */
  #findTextEnd(): number {
    if (this.#textEnd !== 0) return this.#textEnd
    const page = this.#page
    for (let at = this.#start + textStart + 1; ; at++) {
      at = page.indexOf(quote, at)
      let escapes = 0
      while (page[at - 1 - escapes] === backslash) escapes++
      if (escapes % 2 === 0) return (this.#textEnd = at + 1)
    }
  }
}
