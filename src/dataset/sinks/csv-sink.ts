import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

import { syncFolder } from '../manifest.js'
import { checkDelimiter } from '../tables/check-delimiter.js'
import { stringifyExact } from '../tables/exact-json.js'
import type { PlainFormatOptions } from './row-format.js'
import type { Sink } from './sink.js'
import { findNames, readStaged } from './staged-rows.js'
import { TableSink } from './table-sink.js'

export interface CsvSinkOptions extends PlainFormatOptions {
  /** What stands between cells. @defaultValue a tab where the path ends in `.tsv`, else a comma */
  readonly delimiter?: string | undefined
}

/**
 * Writes CSV as RFC 4180 has it, in UTF-8: the first record names the columns, records end in CRLF. `null` is an empty cell
 * and an empty text a quoted one; lists and objects are JSON text. Nothing is done about texts that a spreadsheet takes for
 * formulas. While the run goes on, the rows so far are in the file with `.partial` appended, as JSON Lines. A path that ends
 * in `.gz` is compressed.
 *
 * @throws InvalidOptionError `INVALID_OPTION` when the delimiter is not one character.
 */
export function csvSink(path: string, options: CsvSinkOptions = {}): Sink {
  checkDelimiter('csvSink', options.delimiter)
  const { delimiter = /\.tsv(\.gz)?$/i.test(path) ? '\t' : ',', ...plain } = options
  return new TableSink(path, plain, {
    name: delimiter === ',' ? 'csv' : `csv ${JSON.stringify(delimiter)}`,
    async write(rows, declared) {
      const fresh = `${rows}.new`
      const file = createWriteStream(fresh, { flush: true })
      const records = Readable.from(toRecords(rows, await findNames(rows, declared), delimiter))
      await (path.endsWith('.gz') ? pipeline(records, createGzip(), file) : pipeline(records, file))
      await rename(fresh, path)
      await rm(rows)
      await syncFolder(dirname(path))
    },
  })
}

async function* toRecords(path: string, names: readonly string[], delimiter: string): AsyncGenerator<string> {
  const mustQuote = new RegExp(`["\r\n${delimiter.replace(/[\\\]^-]/g, '\\$&')}]|^$`)
  const toCell = (value: unknown): string => {
    if (value === null || value === undefined) return ''
    const text = typeof value === 'string' ? value : stringifyExact(value)
    return mustQuote.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  const toRecord = (cells: readonly unknown[]): string => `${cells.map(toCell).join(delimiter)}\r\n`
  yield toRecord(names)
  for await (const rows of readStaged(path)) {
    yield rows.map(({ columns }) => toRecord(names.map((name) => columns[name]))).join('')
  }
}
