import type { GenerateOutcome } from '../contract/generate.js'
import type { UnifiedFinishReason } from '../contract/response.js'
import type { Row, StoredAnswer, TaskRequest } from '../tasks/task.js'

/** How a row ended; see {@link GenerateOutcome}. */
export type RowStatus = GenerateOutcome

/** The columns that every row of an output has beside those of the input. */
export interface AnswerColumns {
  /** The answer's text; `null` where the row is not `ok`. */
  readonly generation: string | null
  /** The model that answered. */
  readonly model_name: string | null
  readonly finish_reason: UnifiedFinishReason | null
  readonly input_tokens: number | null
  readonly output_tokens: number | null
  readonly status: RowStatus
  /** `message [CODE]` where the row is not `ok`. */
  readonly error: string | null
}

/** One answer to one row: a finished row of a run. */
export interface DatasetRow {
  /** Of the row in the input, from 0. */
  readonly index: number
  /** From 0 to `numGenerations - 1`. */
  readonly sample: number
  readonly status: RowStatus
  /** The columns of the input; empty where the input has no row there. */
  readonly input: Row
  /** What the run adds to them: {@link AnswerColumns} and what the task's `read` gave. */
  readonly columns: AnswerColumns & Row
  /** {@link columns} without `generation`: where only these are looked at, the answer's text is not read. */
  readonly otherColumns: Omit<AnswerColumns, 'generation'> & Row
  /**
   * The column `generation` as JSON, as text or in UTF-8, for who writes it: reading and writing it again is most of the
   * work. `undefined` where the task has columns of its own in its place (`Task.blank`).
   */
  readonly generationJSON: string | Uint8Array | undefined
  /** The answer as the journal holds it. */
  readonly answer: StoredAnswer
  /** What was asked, where the sink keeps it. */
  readonly request: TaskRequest | undefined
}
