import type { SourceChunk } from '../sources/source.js'

/** How stored rows ended, in the order of their numbers in the journal. `cancelled` rows are not stored: they are asked again. */
export const storedStatuses = ['ok', 'invalid', 'refused', 'too-long', 'failed'] as const

export type StoredStatus = (typeof storedStatuses)[number]

/** The numbers of one row, in the order in which a group has them. */
export const rowFields = [
  'id',
  'status',
  'inputTokens',
  'outputTokens',
  'attempts',
  'firstTokenMs',
  'totalMs',
  'endedAt',
] as const

/** Finished rows that are made safe together. Columns instead of rows: they cross between threads in one piece. */
export interface RowGroup {
  /** {@link rowFields} of each row; NaN where there is none. */
  readonly numbers: Float64Array
  /** The error's code of each row. */
  readonly codes: readonly (string | null)[]
  /** The answers of all rows, as JSON, one after the other. */
  readonly bytes: Uint8Array
  /** Where in {@link bytes} the answer of each row ends. */
  readonly ends: Uint32Array
  /** How far the run is once these rows are safe, as JSON. */
  readonly progress: string
  readonly chunks: readonly SourceChunk[]
}

/** Rows by their ids, in their order. */
export interface AnswerPage {
  readonly ids: readonly number[]
  readonly statuses: readonly number[]
  /** As in {@link RowGroup}. */
  readonly bytes: Uint8Array
  readonly ends: Uint32Array
}

/** Small things that a run remembers, by name. JSON. */
export type JournalValue = 'progress' | 'output'

/** A row whose answer the task did not accept. */
export interface Verdict {
  readonly id: number
  readonly message: string
}

/** What the journal's thread can be asked for. */
export interface JournalCommands {
  open(path: string, lockPath: string): void
  commit(group: RowGroup): void
  /** At most `limit` rows, fewer when they are long. */
  page(first: number, end: number): AnswerPage
  /** Ids of stored rows from `first` on, in their order. */
  ids(first: number, limit: number): Float64Array
  get(name: JournalValue): string | undefined
  /** Stores where the output is, what was not accepted on the way there, and the keys of rows that were kept. */
  output(value: string, verdicts: readonly Verdict[], seen?: Float64Array): void
  /** All keys of rows that were kept. */
  seen(): Float64Array
  /** Forgets all verdicts and keys: the output is written anew. */
  clearVerdicts(): void
  chunks(): readonly SourceChunk[]
  /** Forgets all rows that failed, and notes progress and output as they are without them. */
  dropFailed(progress: string, output: string): void
  /** Forgets what was noted of the input and of progress: no row was ever stored, so the run is begun anew. */
  reset(): void
  close(): void
}
