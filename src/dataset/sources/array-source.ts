import { createHash } from 'node:crypto'

import { InvalidRowError } from '../../errors/invalid-row-error.js'
import type { Row } from '../../tasks/task.js'
import { firstPosition, type ReadOptions, type Source, type SourceIdentity, type SourceRow } from './source.js'

const pageRows = 256

/** Rows that are in memory. */
export class ArraySource implements Source {
  readonly #rows: readonly Row[]

  constructor(rows: readonly Row[]) {
    this.#rows = rows
  }

  async identify(): Promise<SourceIdentity> {
    return { kind: 'rows', parts: [{ name: 'rows', size: this.#rows.length, modifiedMs: undefined }] }
  }

  async *read({ from = firstPosition, onChunk }: ReadOptions = {}): AsyncGenerator<readonly SourceRow[]> {
    // One page is one chunk, so reading begins with a whole page.
    const first = Math.floor(from.row / pageRows) * pageRows
    for (let start = first; start < this.#rows.length; start += pageRows) {
      const rows = this.#rows.slice(start, start + pageRows)
      if (onChunk !== undefined) {
        const hash = createHash('sha256').update(JSON.stringify(rows)).digest('base64')
        onChunk({ part: 0, index: start / pageRows, hash })
      }
      const page = rows.map((row, index) => toSourceRow(row, start + index))
      yield start < from.row ? page.slice(from.row - start) : page
    }
  }

  progress({ row }: { readonly row: number }): number {
    return row / Math.max(1, this.#rows.length)
  }
}

function toSourceRow(row: Row, index: number): SourceRow {
  return {
    index,
    position: { part: 0, offset: index, line: index, row: index },
    place: `row ${index}`,
    json: undefined,
    get columns() {
      if (typeof row === 'object' && row !== null && !Array.isArray(row)) return row
      throw new InvalidRowError("The row must be an object with the row's columns.")
    },
  }
}
