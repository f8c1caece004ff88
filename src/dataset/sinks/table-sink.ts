import type { ColumnType, ColumnTypes } from '../tables/column-type.js'
import { answerTypes } from './answer-types.js'
import { PartialFile, sizeOf } from './partial-file.js'
import { plainFormat, type PlainFormatOptions, type RowFormat } from './row-format.js'
import type { FinishedRow, Sink, SinkState } from './sink.js'

/** What makes a table of rows. */
export interface TableForm {
  /** Part of what makes two outputs the same. */
  readonly name: string
  /**
   * Puts the table in its place, as a whole.
   *
   * @param rows - The path of a file with the rows as JSON Lines.
   * @param declared - The types that columns should have.
   */
  write(rows: string, declared: ReadonlyMap<string, ColumnType>): Promise<void>
  /** @defaultValue whether there is something at the path */
  isThere?(): Promise<boolean>
}

/**
 * Writes a table: what its columns are is known when all rows are there. Until then they are kept as JSON Lines in a file
 * beside it, so that the table depends on nothing but its rows, however often the run was interrupted.
 */
export class TableSink implements Sink {
  readonly #path: string
  readonly #options: PlainFormatOptions
  readonly #form: TableForm
  readonly #partial: PartialFile
  #numGenerations = 1
  #format: RowFormat
  #types: ColumnTypes | undefined
  #isFinishing = false

  constructor(path: string, options: PlainFormatOptions, form: TableForm) {
    this.#path = path
    this.#options = options
    this.#form = form
    this.#partial = new PartialFile(path)
    this.#format = plainFormat(options, 1)
  }

  get config(): Readonly<Record<string, unknown>> {
    return { path: this.#path, table: this.#form.name, ...this.#format.config }
  }

  get keepRaw(): boolean {
    return this.#format.keepRaw
  }

  prepare(numGenerations: number): void {
    this.#numGenerations = numGenerations
    this.#format = plainFormat(this.#options, numGenerations)
  }

  open(state: SinkState | undefined): Promise<boolean> {
    const { bytes, types } = (state ?? {}) as { bytes?: number; types?: ColumnTypes }
    this.#types = types
    return this.#partial.open(bytes)
  }

  async write(rows: readonly FinishedRow[]): Promise<void> {
    this.#types ??= rows[0]?.source.types
    for (const row of rows) this.#format.write(row, this.#partial.text)
    await this.#partial.flushIfFull()
  }

  async sync(): Promise<SinkState> {
    const bytes = await this.#partial.sync()
    return this.#types === undefined ? { bytes } : { bytes, types: this.#types }
  }

  async finish(): Promise<void> {
    await this.#partial.flush()
    this.#isFinishing = true
    await this.close()
    await this.#partial.guard(() => this.#form.write(this.#partial.path, this.#declared()))
  }

  close(): Promise<void> {
    return this.#partial.close(this.#isFinishing)
  }

  async isThere(): Promise<boolean> {
    return this.#form.isThere === undefined ? (await sizeOf(this.#path)) >= 0 : this.#form.isThere()
  }

  /** What the input and the answers say of their columns; an input column gives way to an answer's of its name. */
  #declared(): ReadonlyMap<string, ColumnType> {
    const answers = answerTypes(this.#options, this.#numGenerations)
    const inputs = (this.#types ?? []).map(
      ([name, type]) => [answers.has(name) ? `input_${name}` : name, type] as const,
    )
    return new Map([...inputs, ...answers])
  }
}
