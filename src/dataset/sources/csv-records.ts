import { isUtf8 } from 'node:buffer'

import type Papa from 'papaparse'

import { FileError } from '../../errors/file-error.js'
import { PendingBytes } from '../pending-bytes.js'

/** One record of a CSV file. */
export interface CsvRecord {
  readonly cells: readonly string[]
  /** Of its first byte. */
  readonly offset: number
  /** Of its first character, from 0. */
  readonly line: number
}

/** How a CSV file is written, which its first line tells. */
export interface CsvForm {
  readonly delimiter: string
  readonly lineBreak: '\n' | '\r\n'
}

const lineFeed = 10
const longestRecord = 64 * 1024 * 1024

/**
 * Cuts bytes into records, and counts where each begins. A line break within quotes ends none: what is incomplete waits for
 * more bytes.
 */
export class CsvRecords {
  readonly #parse: typeof Papa.parse
  readonly #path: string
  readonly #form: CsvForm
  #offset: number
  #line: number
  readonly #rest = new PendingBytes()
  /** A record that was incomplete is looked at again when there is twice as much. */
  #enough = 0

  constructor(
    parse: typeof Papa.parse,
    path: string,
    form: CsvForm,
    { offset, line }: { readonly offset: number; readonly line: number },
  ) {
    this.#parse = parse
    this.#path = path
    this.#form = form
    this.#offset = offset
    this.#line = line
  }

  /** @throws FileError `FILE_UNREADABLE` */
  push(bytes: Buffer): readonly CsvRecord[] {
    const waiting = this.#rest.length
    this.#rest.append(bytes)
    const end = bytes.lastIndexOf(lineFeed) + 1
    if (end === 0 || this.#rest.length < this.#enough) return this.#checkLength()
    return this.#cut(waiting + end, false)
  }

  /** @throws FileError `FILE_UNREADABLE` */
  end(): readonly CsvRecord[] {
    return this.#rest.length === 0 ? [] : this.#cut(this.#rest.length, true)
  }

  #checkLength(): readonly CsvRecord[] {
    if (this.#rest.length <= longestRecord) return []
    throw this.#wrong(this.#line, 'a record that begins here has more than 64 MB: does a quote lack its end?')
  }

  #cut(end: number, isLast: boolean): readonly CsvRecord[] {
    if (this.#offset === 0) end -= this.#dropByteOrderMark()
    const bytes = this.#rest.bytes.subarray(0, end)
    if (!isUtf8(bytes)) {
      const last = this.#offset + bytes.length
      throw new FileError(
        `${this.#path} is not UTF-8 text between byte ${this.#offset} and byte ${last}: save it as UTF-8.`,
      )
    }
    const text = bytes.toString('utf8')
    const records: CsvRecord[] = []
    const start = this.#offset
    let at = 0
    let open: number | undefined
    let malformed: number | undefined
    this.#parse<string[]>(text, {
      delimiter: this.#form.delimiter,
      newline: this.#form.lineBreak,
      skipEmptyLines: true,
      step: ({ data, errors, meta }, parser) => {
        while (text[at] === '\n' || text[at] === '\r') this.#pass(text[at++] as string)
        const [error] = errors
        if (error !== undefined) {
          if (error.code === 'MissingQuotes') open = this.#line
          else malformed = this.#line
          parser.abort()
          return
        }
        records.push({ cells: data, offset: this.#offset, line: this.#line })
        this.#pass(text.slice(at, meta.cursor))
        at = meta.cursor
      },
    })
    if (malformed !== undefined) {
      throw this.#wrong(
        malformed,
        'a quote stands within a cell: the cell must be in quotes, and each quote in it doubled.',
      )
    }
    if (open !== undefined && isLast) throw this.#wrong(open, 'a quote that begins in this record has no end.')
    this.#rest.drop(this.#offset - start)
    this.#enough = open === undefined ? 0 : this.#rest.length * 2
    this.#checkLength()
    return records
  }

  #pass(text: string): void {
    this.#offset += Buffer.byteLength(text)
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#line++
  }

  #dropByteOrderMark(): number {
    const { bytes } = this.#rest
    if (!(bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)) return 0
    this.#rest.drop(3)
    this.#offset = 3
    return 3
  }

  #wrong(line: number, what: string): FileError {
    return new FileError(`${this.#path}:${line + 1}: ${what}`)
  }
}
