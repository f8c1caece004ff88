import type { Row } from '../../tasks/task.js'
import type { ColumnTypes } from '../tables/column-type.js'

/** Where in an input a row begins. */
export interface SourcePosition {
  /** Which file, from 0. */
  readonly part: number
  /** In it, in bytes or in what else the source counts. */
  readonly offset: number
  /** The line there, from 0, for what people are told. */
  readonly line: number
  /** The row that begins there, from 0, over all parts. */
  readonly row: number
}

export const firstPosition: SourcePosition = { part: 0, offset: 0, line: 0, row: 0 }

/** One row of an input. */
export interface SourceRow {
  /** From 0, over all parts. */
  readonly index: number
  readonly position: SourcePosition
  /** For people: `prompts.jsonl:17`. */
  readonly place: string
  /** @throws HeadraceError `INVALID_ROW` when what stands there is no row. */
  readonly columns: Row
  /** The row as the text of a JSON object, where it came as one. */
  readonly json: string | undefined
  /** What the input says of its columns' types, where it does: an output that has types keeps them. */
  readonly types?: ColumnTypes | undefined
}

/** One piece of an input, so that a change of it is seen. */
export interface SourceChunk {
  readonly part: number
  readonly index: number
  readonly hash: string
}

/** What an input is, as far as can be told without reading it. */
export interface SourceIdentity {
  readonly kind: string
  readonly parts: readonly {
    /** The file's path, or what else people call it. */
    readonly name: string
    readonly size: number
    /** When it was last changed, where there is such a thing; milliseconds since 1970. */
    readonly modifiedMs: number | undefined
  }[]
}

export interface ReadOptions {
  /** @defaultValue the beginning */
  readonly from?: SourcePosition | undefined
  /** Told of each piece that has passed as a whole. What it throws ends the reading. */
  readonly onChunk?: ((chunk: SourceChunk) => void) | undefined
}

/** Rows that can be read more than once, in the same order each time, from any row on. */
export interface Source {
  /** @throws HeadraceError when the input is not there. */
  identify(): Promise<SourceIdentity>
  /** The rows, in pages. @throws HeadraceError when the input cannot be read. */
  read(options?: ReadOptions): AsyncIterable<readonly SourceRow[]>
  /** There is always one more row: only a task that keeps some of them comes to an end. @defaultValue false */
  readonly isEndless?: boolean | undefined
  /** Whether reading from a later row on costs less than reading from the beginning. @defaultValue true */
  readonly isSeekable?: boolean | undefined
  /** The share of the input that lies before a position, from 0 to 1, where it can be told. */
  progress?(position: SourcePosition): number | undefined
}
