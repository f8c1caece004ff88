import { basename } from 'node:path'

import type { Row } from '../../tasks/task.js'
import type { ColumnTypes } from '../tables/column-type.js'
import { stringifyExact, withoutBigints } from '../tables/exact-json.js'
import type { SourcePosition, SourceRow } from './source.js'

/** A row of a Parquet file. */
export class ParquetRow implements SourceRow {
  readonly position: SourcePosition
  readonly #values: Row
  readonly #file: { readonly types: ColumnTypes }
  readonly #path: string

  constructor(
    position: SourcePosition,
    entries: readonly (readonly [string, unknown])[],
    file: { readonly types: ColumnTypes },
    path: string,
  ) {
    this.position = position
    this.#values = Object.fromEntries(entries)
    this.#file = file
    this.#path = path
  }

  get index(): number {
    return this.position.row
  }

  get place(): string {
    return `${basename(this.#path)} row ${this.position.line}`
  }

  get json(): string {
    return stringifyExact(this.#values)
  }

  get columns(): Row {
    return withoutBigints(this.#values) as Row
  }

  get types(): ColumnTypes {
    return this.#file.types
  }
}
