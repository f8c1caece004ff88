import type { SourceRow } from '../sources/source.js'
import type { DatasetRow } from '../dataset-row.js'

/** A row of the input with all its answers, in the order of the samples. */
export interface FinishedRow {
  readonly source: SourceRow
  /** `numGenerations` of them. */
  readonly samples: readonly DatasetRow[]
}

/** Where a sink stood when everything written before was safe. JSON. */
export type SinkState = Readonly<Record<string, unknown>>

/**
 * Where finished rows go, in the order of the input. A sink is written again from the journal when it cannot go on, so
 * it need not be safe by itself.
 */
export interface Sink {
  /** What the output looks like: another form over the same run is made again. JSON. */
  readonly config: Readonly<Record<string, unknown>>
  /** Whether finished rows bring what was asked, which costs rendering it again. @defaultValue false */
  readonly keepRaw?: boolean | undefined
  /** Told once, before anything else, how many answers a row has. */
  prepare?(numGenerations: number): void
  /**
   * Opens it, at a state that {@link sync} gave or anew.
   *
   * @returns `false` when it cannot go on from that state; it is then opened anew, and all rows are written again.
   */
  open(state: SinkState | undefined): Promise<boolean>
  write(rows: readonly FinishedRow[]): Promise<void>
  /** Makes everything written so far safe. */
  sync(): Promise<SinkState>
  /** All rows are there: puts the output in its place. */
  finish(): Promise<void>
  /** Lets go of everything, finished or not. May be called at any time, and again. */
  close(): Promise<void>
  /** Whether a finished output is still there. */
  isThere(): Promise<boolean>
}
