import type { SourcePosition, SourceRow } from '../sources/source.js'

/** Rows that were taken from the input and are not done, in the order of the input. */
export class Frontier {
  /** Samples that are still to come, by row. */
  readonly #open = new Map<number, { readonly position: SourcePosition; left: number }>()
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
    if (left > 0) this.#open.set(row.index, { position: row.position, left })
  }

  /** One sample of a row is done. */
  done(index: number): void {
    const row = this.#open.get(index)
    if (row === undefined) return
    row.left--
    if (row.left === 0) this.#open.delete(index)
  }

  /** Rows of which something is not done. */
  get openRows(): number {
    return this.#open.size
  }

  /** All rows below are done. */
  get row(): number {
    const [first] = this.#open.keys()
    return first ?? this.#next
  }

  /** Where reading must begin to find all rows that are not done. */
  get position(): SourcePosition {
    const [first] = this.#open.values()
    return first?.position ?? this.#last
  }
}
