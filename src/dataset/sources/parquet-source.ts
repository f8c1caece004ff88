import { type InputFile, InputFiles } from './input-file.js'
import { type ParquetFooter, readParquetFooter } from './parquet-file.js'
import { readParquetRows } from './parquet-rows.js'
import {
  firstPosition,
  type ReadOptions,
  type Source,
  type SourceIdentity,
  type SourcePosition,
  type SourceRow,
} from './source.js'

/**
 * Rows from Parquet files, page by page; `*` and `?` in a file's name stand for several, which are read one after the other.
 * Values become those of JSON: times are texts in ISO 8601, decimals texts, bytes texts in Base64, NaN and the infinities
 * `null`; an integer that a JavaScript number does not hold is text to a task and stays the integer in an output.
 */
export function parquetSource(paths: string | readonly string[]): Source {
  return new ParquetSource(paths)
}

/** A file as it is remembered: footers are large. */
interface SizedFile {
  readonly file: InputFile
  readonly rows: number
}

class ParquetSource implements Source {
  readonly #files: InputFiles
  #found: Promise<readonly SizedFile[]> | undefined
  #sizes: readonly SizedFile[] = []
  #footer: { readonly file: InputFile; readonly footer: Promise<ParquetFooter> } | undefined

  constructor(paths: string | readonly string[]) {
    this.#files = new InputFiles(paths)
  }

  async identify(): Promise<SourceIdentity> {
    await this.#find()
    return this.#files.identify('parquet')
  }

  async *read({ from = firstPosition, onChunk }: ReadOptions = {}): AsyncGenerator<readonly SourceRow[]> {
    const files = await this.#find()
    let row = from.row
    for (const [part, { file, rows }] of files.entries()) {
      if (part < from.part) continue
      const start = part === from.part ? from : { ...firstPosition, part, row }
      yield* readParquetRows(file, await this.#footerOf(file), start, onChunk)
      row = start.row - start.offset + rows
    }
  }

  progress({ part, offset }: SourcePosition): number | undefined {
    const sum = (files: readonly SizedFile[]): number => files.reduce((count, { rows }) => count + rows, 0)
    if (this.#sizes.length === 0) return undefined
    return (sum(this.#sizes.slice(0, part)) + offset) / Math.max(1, sum(this.#sizes))
  }

  /** All footers are read first: what is wrong with a file should be known before the first request. */
  #find(): Promise<readonly SizedFile[]> {
    this.#found ??= this.#files.find().then(async (files) => {
      const sizes: SizedFile[] = []
      for (const file of files) sizes.push({ file, rows: (await this.#footerOf(file)).rows })
      return (this.#sizes = sizes)
    })
    return this.#found
  }

  #footerOf(file: InputFile): Promise<ParquetFooter> {
    if (this.#footer?.file !== file) this.#footer = { file, footer: readParquetFooter(file) }
    return this.#footer.footer
  }
}
