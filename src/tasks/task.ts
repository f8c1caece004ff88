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
  /** @throws Error when the row cannot be asked; the row is then `invalid`, with this reason. */
  render(row: Row): TaskRequest
  /**
   * Turns the answer of a row that is `ok` into columns beside those that every row has. It may change between two
   * runs over the same journal: answers are stored before they are read, so that reading them again costs no request.
   *
   * @throws Error when the answer is not acceptable; the row is then `invalid`, with this reason.
   */
  read?(answer: StoredAnswer, row: Row): Row | undefined
}
