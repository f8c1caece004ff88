import { open } from 'node:fs/promises'

import type { ColumnType, ColumnTypes } from '../tables/column-type.js'
import { RowGuess } from '../tables/column-guess.js'
import { parseExact } from '../tables/exact-json.js'
import { fitsType } from '../tables/parquet-schema.js'
import { PendingBytes } from '../pending-bytes.js'

/** A finished row that waits to be put into a table. */
export interface StagedRow {
  readonly columns: Readonly<Record<string, unknown>>
  /** How long it is as JSON. */
  readonly bytes: number
}

const readBytes = 64 * 1024
const lineFeed = 10

/** The rows of a file of JSON Lines that this process, or one before it, wrote. */
export async function* readStaged(path: string): AsyncGenerator<readonly StagedRow[]> {
  const waiting = new PendingBytes()
  const piece = Buffer.allocUnsafeSlow(readBytes)
  const file = await open(path)
  try {
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, readBytes, null)
      if (bytesRead === 0) return
      waiting.append(piece.subarray(0, bytesRead))
      if (!piece.subarray(0, bytesRead).includes(lineFeed)) continue
      const { bytes } = waiting
      const rows: StagedRow[] = []
      let start = 0
      for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, start)) {
        const columns = parseExact(bytes.toString('utf8', start, end)) as StagedRow['columns']
        rows.push({ columns, bytes: end - start })
        start = end + 1
      }
      waiting.drop(start)
      yield rows
    }
  } finally {
    await file.close()
  }
}

/**
 * The columns of all rows, in the order in which they are first met, and their types: those that are declared, as far as
 * all values are of them, else what the values have in common.
 */
export async function findTypes(path: string, declared: ReadonlyMap<string, ColumnType>): Promise<ColumnTypes> {
  const guess = new RowGuess()
  const fitting = new Map(declared)
  for await (const rows of readStaged(path)) {
    for (const { columns } of rows) {
      guess.add(columns)
      for (const [name, type] of fitting) if (!fitsType(columns[name], type)) fitting.delete(name)
    }
  }
  const found = guess.types.map(([name, type]): ColumnTypes[number] => [name, fitting.get(name) ?? type])
  return found.length > 0 ? found : [...declared]
}

/** The columns of all rows, in the order in which they are first met. */
export async function findNames(path: string, declared: ReadonlyMap<string, ColumnType>): Promise<readonly string[]> {
  const names = new Set<string>()
  for await (const rows of readStaged(path)) {
    for (const { columns } of rows) for (const name in columns) names.add(name)
  }
  return names.size > 0 ? [...names] : [...declared.keys()]
}
