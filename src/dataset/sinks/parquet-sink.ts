import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

import { syncFolder } from '../manifest.js'
import { ParquetFileWriter } from './parquet-writer.js'
import type { PlainFormatOptions } from './row-format.js'
import type { Sink } from './sink.js'
import { findTypes, readStaged } from './staged-rows.js'
import { TableSink } from './table-sink.js'

export interface ParquetSinkOptions extends PlainFormatOptions {}

/**
 * Writes a Parquet file: Snappy, row groups of about 1 MB, every column may be null. A column of a Parquet input keeps its
 * type; another one gets the type that all its values have, and one whose values have no type in common is JSON text. While
 * the run goes on, the rows so far are in the file with `.partial` appended, as JSON Lines.
 */
export function parquetSink(path: string, options: ParquetSinkOptions = {}): Sink {
  return new TableSink(path, options, {
    name: 'parquet',
    async write(rows, declared) {
      const fresh = `${rows}.new`
      const writer = await ParquetFileWriter.create(fresh, await findTypes(rows, declared))
      try {
        for await (const page of readStaged(rows)) for (const row of page) await writer.add(row)
        await writer.finish()
      } finally {
        await writer.close()
      }
      await rename(fresh, path)
      await rm(rows)
      await syncFolder(dirname(path))
    },
  })
}
