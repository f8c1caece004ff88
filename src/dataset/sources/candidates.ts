import type { Row } from '../../tasks/task.js'
import { firstPosition, type ReadOptions, type Source, type SourceIdentity, type SourceRow } from './source.js'

const pageRows = 256
const noColumns: Row = Object.freeze({})

/**
 * Rows without columns, without an end: what a task that makes its own rows, such as `magpieTask({ numRows })`, is asked
 * about. They differ by their number alone.
 */
export function candidates(): Source {
  return new CandidateSource()
}

class CandidateSource implements Source {
  readonly isEndless = true

  async identify(): Promise<SourceIdentity> {
    return { kind: 'candidates', parts: [{ name: 'candidates', size: 0, modifiedMs: undefined }] }
  }

  async *read({ from = firstPosition }: ReadOptions = {}): AsyncGenerator<readonly SourceRow[]> {
    for (let first = from.row; ; first += pageRows) {
      yield Array.from({ length: pageRows }, (_, offset) => toRow(first + offset))
    }
  }
}

function toRow(index: number): SourceRow {
  return {
    index,
    position: { part: 0, offset: index, line: index, row: index },
    place: `candidate ${index}`,
    json: undefined,
    columns: noColumns,
  }
}
