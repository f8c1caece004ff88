import { isHeadraceError } from '../../errors/headrace-error.js'
import { RejectedAnswer } from '../../tasks/rejected-answer.js'
import type { Row, StoredAnswer, Task, TaskRequest } from '../../tasks/task.js'
import type { AnswerColumns, DatasetRow, RowStatus } from '../dataset-row.js'
import type { SourceRow } from '../sources/source.js'
import type { StoredBytes } from './stored-bytes.js'

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

  constructor(source: SourceRow, sample: number, bytes: StoredBytes, task: Task, keepsRequest: boolean) {
    const { status } = bytes
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

  get generationJSON(): Uint8Array | string | undefined {
    if (this.#task.blank !== undefined) return undefined
    return this.status === 'ok' ? this.#bytes.textJSON : 'null'
  }

  get columns(): AnswerColumns & Row {
    const generation = this.status === 'ok' ? this.answer.text : null
    if (this.#task.blank === undefined) return { generation, ...this.otherColumns }
    // Whoever lists the columns does not see it, whoever asks for it does.
    return Object.defineProperty({ ...this.otherColumns }, 'generation', { value: generation }) as AnswerColumns & Row
  }

  get otherColumns(): Omit<AnswerColumns, 'generation'> & Row {
    const { status } = this
    const { reasoning, toolCalls, finishReason, model, inputTokens, outputTokens, error } = this.#bytes.rest
    // JSON leaves out what is undefined.
    const columns = {
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
    if (blank === undefined && this.#read === undefined) return columns
    return { ...blank, ...columns, ...this.#read }
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
