import type { SourcePosition, SourceRow } from '../sources/source.js'

interface OpenRow {
  readonly row: SourceRow
  /** Samples that are still to come. */
  left: number
}

/** Done rows in front are dropped when they are so many. */
const mostDone = 1024

/**
 * Rows that were taken from the input and are not done, in the order of the input.
 *
 * Not a Map: V8 makes a Map's table anew each time as many were added as it has room for, and the abandoned ones, each
 * of which points to the next, end up in the old generation with all that was ever in them.
 */
export class Frontier {
  readonly #rows: OpenRow[] = []
  /** Of {@link #rows}; all before it are done. */
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
    this.#rows.push({ row, left })
    this.#openRows++
  }

  /** One sample of a row is done. */
  done(index: number): void {
    const open = this.#find(index)
    if (open === undefined || open.left === 0) return
    open.left--
    if (open.left > 0) return
    this.#openRows--
    while (this.#rows[this.#first]?.left === 0) this.#first++
    if (this.#first < mostDone && this.#openRows > 0) return
    this.#rows.splice(0, this.#first)
    this.#first = 0
  }

  /** Rows of which something is not done. */
  get openRows(): number {
    return this.#openRows
  }

  /** All rows below are done. */
  get row(): number {
    return this.#rows[this.#first]?.row.index ?? this.#next
  }

  /** Where reading must begin to find all rows that are not done. */
  get position(): SourcePosition {
    return this.#rows[this.#first]?.row.position ?? this.#last
  }

  #find(index: number): OpenRow | undefined {
    let low = this.#first
    let high = this.#rows.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const open = this.#rows[middle] as OpenRow
      if (open.row.index === index) return open
      if (open.row.index < index) low = middle + 1
      else high = middle - 1
    }
    return undefined
  }
}
