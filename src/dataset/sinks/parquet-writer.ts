import { type FileHandle, open } from 'node:fs/promises'

import type { SchemaElement } from 'hyparquet'
import type { ByteWriter, ColumnSource, ParquetWriter } from 'hyparquet-writer'

import type { ColumnType, ColumnTypes } from '../tables/column-type.js'
import { toParquetSchema, toParquetValue } from '../tables/parquet-schema.js'
import type { StagedRow } from './staged-rows.js'

/**
 * How many bytes of rows, as JSON, go into one group: so much is in memory at once. Of groups of 2 MB most values outlive
 * two minor collections, and pile up.
 */
const groupBytes = 1024 * 1024

/** Writes rows into one Parquet file, in groups of about 1 MB. */
export class ParquetFileWriter {
  readonly #file: FileHandle
  readonly #types: ColumnTypes
  readonly #bytes: ByteWriter
  readonly #writer: ParquetWriter
  #rows: StagedRow[] = []
  #rowBytes = 0

  private constructor(file: FileHandle, types: ColumnTypes, bytes: ByteWriter, writer: ParquetWriter) {
    this.#file = file
    this.#types = types
    this.#bytes = bytes
    this.#writer = writer
  }

  static async create(path: string, types: ColumnTypes): Promise<ParquetFileWriter> {
    const library = await import('hyparquet-writer')
    const schema: SchemaElement[] = toParquetSchema(types)
    const bytes = new library.ByteWriter()
    const writer = new library.ParquetWriter({ writer: bytes, schema, createdBy: 'headrace' })
    return new ParquetFileWriter(await open(path, 'w'), types, bytes, writer)
  }

  /** In the file so far. */
  get length(): number {
    return this.#bytes.offset
  }

  async add(row: StagedRow): Promise<void> {
    this.#rows.push(row)
    this.#rowBytes += row.bytes
    if (this.#rowBytes >= groupBytes) await this.#writeGroup()
  }

  async finish(): Promise<void> {
    await this.#writeGroup()
    await this.#writer.finish()
    await this.#flush()
    await this.#file.sync()
    await this.close()
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async #writeGroup(): Promise<void> {
    if (this.#rows.length === 0) return
    const columnData = this.#types.map(([name, type]): ColumnSource => {
      const data = this.#rows.map(({ columns }) => toParquetValue(columns[name], type))
      return { name, data, statistics: hasStatistics(type), offsetIndex: false }
    })
    await this.#writer.write({ columnData, rowGroupSize: this.#rows.length })
    this.#rows = []
    this.#rowBytes = 0
    await this.#flush()
  }

  async #flush(): Promise<void> {
    const bytes = this.#bytes.getBytes()
    for (let written = 0; written < bytes.length;) {
      written += (await this.#file.write(bytes, written, bytes.length - written)).bytesWritten
    }
    this.#bytes.index = 0
  }
}

/** The least and the greatest text of every group would be kept in memory to the end, however long they are. */
function hasStatistics({ kind }: ColumnType): boolean {
  return kind !== 'string' && kind !== 'json' && kind !== 'list' && kind !== 'struct'
}
