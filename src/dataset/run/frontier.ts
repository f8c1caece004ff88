import type { SourcePosition, SourceRow } from '../sources/source.js'

/** Done rows in front are dropped when they are so many. */
const mostDone = 1024

/**
 * Rows that were taken from the input and are not done, in the order of the input. In columns, which hold nothing of a row
 * that is done: it would grow old there.
 *
 * Not a Map: V8 makes a Map's table anew each time as many were added as it has room for, and the abandoned ones, each
 * of which points to the next, end up in the old generation with all that was ever in them.
 */
export class Frontier {
  readonly #indices: number[] = []
  readonly #positions: (SourcePosition | undefined)[] = []
  /** Samples that are still to come. */
  readonly #left: number[] = []
  /** Of the columns; all before it are done. */
  #first = 0
  #openRows = 0
  #last: SourcePosition
  #next: number

  /** All rows before `from` are done. */
  constructor(from: SourcePosition) {
    this.#last = from
    this.#next = from.row
  }

  /** A row is taken, with so many samples to be asked for; rows come in their order. */
  take(row: SourceRow, left: number): void {
    this.#last = row.position
    this.#next = row.index + 1
    if (left === 0) return
    this.#indices.push(row.index)
    this.#positions.push(row.position)
    this.#left.push(left)
    this.#openRows++
  }

  /** One sample of a row is done. */
  done(index: number): void {
    const at = this.#find(index)
    const left = this.#left[at] ?? 0
    if (left === 0) return
    this.#left[at] = left - 1
    if (left > 1) return
    this.#positions[at] = undefined
    this.#openRows--
    while (this.#left[this.#first] === 0) this.#first++
    if (this.#first < mostDone && this.#openRows > 0) return
    for (const column of [this.#indices, this.#positions, this.#left]) column.splice(0, this.#first)
    this.#first = 0
  }

  /** Rows of which something is not done. */
  get openRows(): number {
    return this.#openRows
  }

  /** All rows below are done. */
  get row(): number {
    return this.#indices[this.#first] ?? this.#next
  }

  /** Where reading must begin to find all rows that are not done. */
  get position(): SourcePosition {
    return this.#positions[this.#first] ?? this.#last
  }

  /** Where the columns have a row; -1: nowhere. */
  #find(index: number): number {
    let low = this.#first
    let high = this.#indices.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const found = this.#indices[middle] as number
      if (found === index) return middle
      if (found < index) low = middle + 1
      else high = middle - 1
    }
    return -1
  }
}
