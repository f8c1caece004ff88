import { isHeadraceError } from '../../errors/headrace-error.js'
import { RejectedAnswer } from '../../tasks/rejected-answer.js'
import type { Row, StoredAnswer, Task, TaskRequest } from '../../tasks/task.js'
import type { AnswerColumns, DatasetRow, RowStatus } from '../dataset-row.js'
import type { StoredStatus } from '../journal/journal-types.js'
import type { SourceRow } from '../sources/source.js'
import type { StoredBytes } from './stored-bytes.js'

/** How a row ended, and with what. */
export interface EndedSample {
  readonly status: StoredStatus
  readonly bytes: StoredBytes
}

/**
 * The row that users see of what input and journal hold. It depends on nothing else, so that an output can be made again
 * at any time. What is not asked for is not made.
 */
export class EndedRow implements DatasetRow {
  readonly sample: number
  readonly status: RowStatus
  readonly #bytes: StoredBytes
  readonly #source: SourceRow
  readonly #task: Task
  readonly #keepsRequest: boolean
  readonly #read: Row | undefined
  readonly #error: string | undefined
  /** Why the task does not accept the answer, in a word, where it says so. */
  readonly rejection: string | undefined

  constructor(source: SourceRow, sample: number, { status, bytes }: EndedSample, task: Task, keepsRequest: boolean) {
    this.#source = source
    this.sample = sample
    this.#bytes = bytes
    this.#task = task
    this.#keepsRequest = keepsRequest
    this.status = status
    if (status !== 'ok' || task.read === undefined) return
    try {
      this.#read = task.read(bytes.answer, source.columns, source.index)
    } catch (cause) {
      this.status = 'invalid'
      if (cause instanceof RejectedAnswer) this.rejection = cause.reason
      const code = isHeadraceError(cause) ? cause.code : 'INVALID_OUTPUT'
      this.#error = `${cause instanceof Error ? cause.message : String(cause)} [${code}]`
    }
  }

  get answer(): StoredAnswer {
    return this.#bytes.answer
  }

  get index(): number {
    return this.#source.index
  }

  get input(): Row {
    try {
      return this.#source.columns
    } catch {
      // What stands there is no row; its error says so.
      return {}
    }
  }

  get generationJSON(): Uint8Array | string {
    return this.status === 'ok' ? this.#bytes.textJSON : 'null'
  }

  get columns(): AnswerColumns & Row {
    const { status } = this
    const bytes = this.#bytes
    const { reasoning, toolCalls, finishReason, model, inputTokens, outputTokens, error } = bytes.rest
    // JSON leaves out what is undefined.
    const columns = {
      get generation(): string | null {
        return status === 'ok' ? bytes.answer.text : null
      },
      model_name: model ?? null,
      finish_reason: finishReason?.unified ?? null,
      input_tokens: inputTokens ?? null,
      output_tokens: outputTokens ?? null,
      status,
      error: this.#error ?? (error === undefined ? null : `${error.message} [${error.code}]`),
      reasoning,
      tool_calls: toolCalls,
    }
    const { blank } = this.#task
    if (blank === undefined) return this.#read === undefined ? columns : { ...columns, ...this.#read }
    const { generation, ...others } = columns
    // Whoever lists the columns does not see it, whoever asks for it does.
    const own: Row = { ...blank, ...others, ...this.#read }
    return Object.defineProperty(own, 'generation', { value: generation }) as AnswerColumns & Row
  }

  get request(): TaskRequest | undefined {
    if (!this.#keepsRequest) return undefined
    try {
      return this.#task.render(this.#source.columns, this.#source.index)
    } catch {
      return undefined
    }
  }
}
