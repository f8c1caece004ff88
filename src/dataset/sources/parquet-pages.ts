import { createHash, type Hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'

import type { Compressors, DecodedArray, ParquetParsers } from 'hyparquet'
import type * as Column from 'hyparquet/src/column.js'

import { FileError } from '../../errors/file-error.js'
import { type ParquetChunk, type ParquetLeaf, readAt } from './parquet-file.js'

const windowBytes = 128 * 1024

/** What reading pages needs of the packages that know the format. */
export interface PageDecoder {
  readonly parquetHeader: typeof Column.parquetHeader
  readonly readPage: typeof Column.readPage
  readonly parsers: ParquetParsers
  readonly compressors: Compressors
}

export interface ParquetPagesOptions {
  readonly handle: FileHandle
  readonly path: string
  readonly leaf: ParquetLeaf
  readonly chunk: ParquetChunk
  readonly decoder: PageDecoder
  /** Whether all bytes are to be hashed. */
  readonly isHashed: boolean
}

/**
 * The values of one leaf in one row group, page by page: never more of them are in memory than a page has. A row group, of
 * which writers make one for a million rows, would be too much at once.
 */
export class ParquetPages {
  readonly #options: ParquetPagesOptions
  readonly #isRepeated: boolean
  /** Where the window ends in the file. */
  #position: number
  #window: Buffer = Buffer.alloc(0)
  #at = 0
  #dictionary: DecodedArray | undefined
  #values: unknown[] = []
  #taken = 0
  #skip = 0
  readonly #hash: Hash | undefined

  constructor(options: ParquetPagesOptions) {
    this.#options = options
    this.#position = options.chunk.start
    this.#isRepeated = options.leaf.schemaPath.some(({ element }) => element.repetition_type === 'REPEATED')
    this.#hash = options.isHashed ? createHash('sha256') : undefined
  }

  /** Rows that can be taken at once. */
  get available(): number {
    const rows = this.#values.length - this.#taken
    // The last row of a list may go on in the next page.
    return this.#isRepeated && !this.#isAtEnd ? Math.max(0, rows - 1) : rows
  }

  /** Passes over rows, from the beginning. */
  skip(rows: number): void {
    this.#skip = rows
  }

  /**
   * Reads until a row is {@link available}.
   *
   * @throws FileError `FILE_UNREADABLE`
   */
  async fill(): Promise<void> {
    for (;;) {
      const passed = Math.min(this.#skip, this.available)
      this.#skip -= passed
      this.#taken += passed
      if (this.available > 0) return
      if (this.#isAtEnd) throw this.#damaged('it has fewer rows than the footer says')
      await this.#readPage()
    }
  }

  take(rows: number): unknown[] {
    const taken = this.#values.slice(this.#taken, this.#taken + rows)
    this.#taken += rows
    return taken
  }

  /** Of all bytes of the chunk; reads what is left of them. */
  async digest(): Promise<Buffer> {
    while (this.#position < this.#options.chunk.end) await this.#readWindow(0, windowBytes)
    return this.#hash?.digest() ?? Buffer.alloc(0)
  }

  get #isAtEnd(): boolean {
    return this.#at >= this.#window.length && this.#position >= this.#options.chunk.end
  }

  async #readPage(): Promise<void> {
    const { leaf, chunk, decoder } = this.#options
    const rest = this.#values.slice(this.#taken)
    const header = await this.#readHeader()
    await this.#need(header.compressed_page_size)
    const { buffer, byteOffset, byteLength } = this.#window
    const reader = { view: new DataView(buffer, byteOffset, byteLength), offset: this.#at }
    const settings = {
      pathInSchema: [...leaf.path],
      // Every leaf has one.
      type: leaf.element.type as NonNullable<typeof leaf.element.type>,
      element: leaf.element,
      schemaPath: leaf.schemaPath,
      codec: chunk.codec,
      parsers: decoder.parsers,
      compressors: decoder.compressors,
      utf8: false,
    }
    let data: DecodedArray | undefined
    let skipped: number
    try {
      const isDictionary = header.type === 'DICTIONARY_PAGE'
      const previous = this.#isRepeated && !isDictionary ? rest : undefined
      ;({ data, skipped } = decoder.readPage(
        reader,
        header,
        settings,
        this.#dictionary,
        previous,
        rest.length === 0 ? this.#skip : 0,
      ))
      this.#at += header.compressed_page_size
      if (isDictionary) {
        const { convert } = await import('hyparquet/src/convert.js')
        this.#dictionary = data && convert(data, settings)
        return
      }
    } catch (cause) {
      throw this.#damaged((cause as Error).message, cause)
    }
    this.#skip -= skipped
    const values: unknown[] = data === undefined ? [] : Array.isArray(data) ? data : Array.from<unknown>(data)
    this.#values = data === rest || rest.length === 0 ? values : [...rest, ...values]
    this.#taken = 0
  }

  async #readHeader(): Promise<ReturnType<PageDecoder['parquetHeader']>> {
    for (let wanted = 64; ; wanted *= 8) {
      const isAll = await this.#need(wanted)
      const { buffer, byteOffset, byteLength } = this.#window
      const reader = { view: new DataView(buffer, byteOffset, byteLength), offset: this.#at }
      try {
        const header = this.#options.decoder.parquetHeader(reader)
        this.#at = reader.offset
        return header
      } catch (cause) {
        // How long a header is shows when it has been read.
        if (isAll) throw this.#damaged((cause as Error).message, cause)
      }
    }
  }

  /** @returns whether the chunk has no more than these bytes. */
  async #need(bytes: number): Promise<boolean> {
    const ahead = this.#window.length - this.#at
    const left = this.#options.chunk.end - this.#position
    if (ahead < bytes && left > 0) await this.#readWindow(this.#at, Math.max(windowBytes, bytes - ahead))
    return bytes >= ahead + left
  }

  async #readWindow(from: number, bytes: number): Promise<void> {
    const { handle, path, chunk } = this.#options
    const more = await readAt(handle, path, this.#position, Math.min(bytes, chunk.end - this.#position))
    this.#hash?.update(more)
    this.#position += more.length
    this.#window = from < this.#window.length ? Buffer.concat([this.#window.subarray(from), more]) : more
    this.#at = 0
  }

  #damaged(reason: string, cause?: unknown): FileError {
    const { path, leaf } = this.#options
    return new FileError(`${path} cannot be read in its column "${leaf.path.join('.')}": ${reason}.`, { cause })
  }
}
