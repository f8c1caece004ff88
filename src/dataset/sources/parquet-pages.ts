import { createHash, type Hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'

import type { Compressors, DecodedArray, ParquetParsers } from 'hyparquet'
import type * as Column from 'hyparquet/src/column.js'
import type { convert } from 'hyparquet/src/convert.js'

import { FileError } from '../../errors/file-error.js'
import { type ParquetChunk, type ParquetLeaf, readAt } from './parquet-file.js'
import { type PageFunctions, type PageHeader, type PageSettings, ParquetPage } from './parquet-page.js'

const windowBytes = 128 * 1024

/** What reading pages needs of the packages that know the format. */
export interface PageDecoder extends PageFunctions {
  readonly convert: typeof convert
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
  readonly #settings: PageSettings
  readonly #isRepeated: boolean
  /** Where the window ends in the file. */
  #position: number
  #window: Buffer = Buffer.alloc(0)
  #at = 0
  #dictionary: DecodedArray | undefined
  #page: ParquetPage | undefined
  #skip = 0
  readonly #hash: Hash | undefined

  constructor(options: ParquetPagesOptions) {
    const { leaf, chunk, decoder, isHashed } = options
    this.#options = options
    this.#position = chunk.start
    this.#isRepeated = leaf.schemaPath.some(({ element }) => element.repetition_type === 'REPEATED')
    this.#hash = isHashed ? createHash('sha256') : undefined
    this.#settings = {
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
  }

  /** Rows that can be taken at once. */
  get available(): number {
    const rows = this.#page?.rows ?? 0
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
      if (passed > 0) this.#guard(() => this.#page?.skip(passed))
      this.#skip -= passed
      if (this.available > 0) return
      if (this.#isAtEnd) throw this.#damaged('it has fewer rows than the footer says')
      await this.#readPage()
    }
  }

  /** @throws FileError `FILE_UNREADABLE` */
  take(rows: number): readonly unknown[] {
    return this.#guard(() => this.#page?.take(rows)) ?? []
  }

  /** Of all bytes of the chunk; reads what is left of them. */
  async digest(): Promise<Buffer> {
    while (this.#position < this.#options.chunk.end) await this.#readWindow(this.#window.length, windowBytes)
    return this.#hash?.digest() ?? Buffer.alloc(0)
  }

  get #isAtEnd(): boolean {
    return this.#at >= this.#window.length && this.#position >= this.#options.chunk.end
  }

  async #readPage(): Promise<void> {
    const { decoder } = this.#options
    const header = await this.#readHeader()
    const length = header.compressed_page_size
    await this.#need(length)
    const rows = this.#rowsOf(header)
    if (rows !== undefined && rows <= this.#skip) {
      this.#skip -= rows
      this.#at += length
      return
    }
    this.#guard(() => {
      const bytes = this.#window.subarray(this.#at, this.#at + length)
      if (header.type === 'DICTIONARY_PAGE') {
        const { buffer, byteOffset, byteLength } = this.#window
        const reader = { view: new DataView(buffer, byteOffset, byteLength), offset: this.#at }
        const { data } = decoder.readPage(reader, header, this.#settings, undefined, undefined, 0)
        this.#dictionary = data && decoder.convert(data, this.#settings)
      } else this.#page = new ParquetPage(decoder, header, bytes, this.#settings, this.#dictionary, this.#page)
    })
    this.#at += length
  }

  /** How many rows a page has, where that can be told and none of them began before it. */
  #rowsOf({ data_page_header: first, data_page_header_v2: second }: PageHeader): number | undefined {
    if ((this.#page?.rows ?? 0) > 0) return undefined
    return second?.num_rows ?? (this.#isRepeated ? undefined : first?.num_values)
  }

  #guard<T>(decode: () => T): T {
    try {
      return decode()
    } catch (cause) {
      throw this.#damaged((cause as Error).message, cause)
    }
  }

  async #readHeader(): Promise<PageHeader> {
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
