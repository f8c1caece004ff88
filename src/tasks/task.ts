import type { GenerateInput } from '../contract/generate.js'
import type { ToolCall } from '../contract/message.js'
import type { GenerationOptions } from '../contract/options.js'
import type { ContentLogprob, FinishReason } from '../contract/response.js'

/** The columns of a row, by their names. */
export type Row = Readonly<Record<string, unknown>>

/** What is asked for a row. */
export interface TaskRequest {
  readonly input: GenerateInput
  /** Options of this row alone, over those of the run. */
  readonly options?: Omit<GenerationOptions, 'n'> | undefined
}

/**
 * An answer as the journal of a run holds it: everything that the model said, before anybody read it. What an answer
 * does not have is absent.
 */
export interface StoredAnswer {
  readonly text: string
  readonly reasoning?: string | undefined
  readonly toolCalls?: readonly ToolCall[] | undefined
  readonly finishReason?: FinishReason | undefined
  readonly inputTokens?: number | undefined
  readonly outputTokens?: number | undefined
  /** The model that answered, by the server's word. */
  readonly model?: string | undefined
  /** The seed that was sent. */
  readonly seed?: number | undefined
  readonly logprobs?: readonly ContentLogprob[] | undefined
  /** Why there is no acceptable answer; {@link text} is then what had arrived. */
  readonly error?: { readonly code: string; readonly message: string } | undefined
  /**
   * Of a row that took several requests: the answers to those before the last. Everything else is then of the last one,
   * but the tokens, which are the sums of all.
   */
  readonly steps?: readonly StoredAnswer[] | undefined
}

/** Which of its candidates a task keeps, for a task that makes its own rows. */
export interface RowSelection {
  /** How many rows are wanted: the first so many that are `ok` and not like one before. */
  readonly rows: number
  /** What no two kept rows have in common. */
  key(columns: Row): string
}

/**
 * What to ask for a row, and how to read the answer. Both methods are synchronous and depend on nothing but their
 * arguments: a run that was interrupted calls them again.
 */
export interface Task {
  readonly name: string
  /**
   * What makes the requests what they are: templates, the system message, a version. JSON. A run that is resumed with
   * another name or another config is refused (`RUN_CHANGED`).
   */
  readonly config?: Readonly<Record<string, unknown>> | undefined
  /** Called once before the first row, for what has to be loaded. */
  prepare?(): void | Promise<void>
  /**
   * Keep the first good ones of the rows instead of all. The source may be endless (`candidates()`); rows that are not kept are
   * counted, and not written.
   */
  readonly selection?: RowSelection | undefined
  /** The model must be able to write the user's turns: it is asked as with `useMagpieTemplate`. @defaultValue false */
  readonly writesUserTurns?: boolean | undefined
  /**
   * Requests like those that it will make. Before the first row it is found out whether the model can be asked them; a
   * `seed` that the server does not take is then left out of all requests, with a warning.
   */
  readonly probes?: readonly TaskRequest[] | undefined
  /** The columns of {@link read} take the place of `generation`; these are they where a row has no acceptable answer. */
  readonly blank?: Row | undefined
  /**
   * @param index - Which row of the input it is, from 0.
   * @throws Error when the row cannot be asked; the row is then `invalid`, with this reason.
   */
  render(row: Row, index: number): TaskRequest
  /**
   * Of a row that takes several requests: what to ask after these answers, of which there is at least one; `undefined` when
   * the row has all. The row counts as answered with the last one. An attempt that failed is repeated by the run and is
   * not among the answers.
   */
  next?(row: Row, answers: readonly StoredAnswer[], index: number): TaskRequest | undefined
  /**
   * Turns the answer of a row that is `ok` into columns beside those that every row has. It may change between two
   * runs over the same journal: answers are stored before they are read, so that reading them again costs no request.
   *
   * @throws Error when the answer is not acceptable; the row is then `invalid`, with this reason. A `RejectedAnswer` also has
   * a short one to be counted by.
   */
  read?(answer: StoredAnswer, row: Row, index: number): Row | undefined
}
