import { InvalidRowError } from '../errors/invalid-row-error.js'
import type { Row } from './task.js'

export function missingColumn(row: Row, ...names: readonly string[]): InvalidRowError {
  const wanted = names.map((name) => `"${name}"`).join(', ')
  const columns = Object.keys(row)
  const there = columns.length === 0 ? 'it has none' : `it has ${columns.map((name) => `"${name}"`).join(', ')}`
  return new InvalidRowError(
    names.length === 1
      ? `The row has no column ${wanted}; ${there}.`
      : `The row has none of the columns ${wanted}; ${there}.`,
  )
}
