import { isUtf8 } from 'node:buffer'

import { FileError } from '../../errors/file-error.js'
import { type InputFile, InputFiles, readBytesFrom } from './input-file.js'
import { JsonRow } from './json-row.js'
import { PendingBytes } from '../pending-bytes.js'
import {
  firstPosition,
  type ReadOptions,
  type Source,
  type SourceIdentity,
  type SourcePosition,
  type SourceRow,
} from './source.js'

/** Rows are made when their page's turn comes, so that not many of them wait in memory. */
const pageRows = 128
const lineFeed = 10

/**
 * Rows from JSON Lines: one object a line, empty lines skipped, UTF-8; gzip is told by its first bytes. Several files
 * are read one after the other; `*` and `?` in a file's name stand for several.
 */
export function jsonlSource(paths: string | readonly string[]): Source {
  return new JsonlSource(paths)
}

class JsonlSource implements Source {
  readonly #files: InputFiles

  constructor(paths: string | readonly string[]) {
    this.#files = new InputFiles(paths)
  }

  identify(): Promise<SourceIdentity> {
    return this.#files.identify('jsonl')
  }

  async *read({ from = firstPosition, onChunk }: ReadOptions = {}): AsyncGenerator<readonly SourceRow[]> {
    const files = await this.#files.find()
    let row = from.row
    for (let part = from.part; part < files.length; part++) {
      const file = files[part] as InputFile
      const start = part === from.part ? from : { ...firstPosition, part, row }
      for await (const page of readRows(file, { ...start, part, row }, onChunk)) {
        row += page.length
        yield page
      }
    }
  }

  get isSeekable(): boolean {
    return this.#files.isSeekable
  }

  progress(position: SourcePosition): number | undefined {
    return this.#files.progress(position)
  }
}

async function* readRows(
  file: InputFile,
  start: SourcePosition,
  onChunk: ReadOptions['onChunk'],
): AsyncGenerator<readonly SourceRow[]> {
  const lines = new LineSplitter(file.path, start)
  for await (const bytes of readBytesFrom(file, start, onChunk)) yield* lines.push(bytes)
  yield* lines.end()
}

/** Cuts bytes into lines, and counts where each begins. */
class LineSplitter {
  readonly #path: string
  readonly #part: number
  #offset: number
  #line: number
  #row: number
  /** The beginning of a line whose end has not come yet. */
  readonly #rest = new PendingBytes()

  constructor(path: string, { part, offset, line, row }: SourcePosition) {
    this.#path = path
    this.#part = part
    this.#offset = offset
    this.#line = line
    this.#row = row
  }

  *push(bytes: Buffer): Generator<readonly SourceRow[]> {
    const waiting = this.#rest.length
    this.#rest.append(bytes)
    const end = bytes.lastIndexOf(lineFeed) + 1
    if (end === 0) return
    yield* this.#cut(this.#rest.bytes.subarray(0, waiting + end))
    this.#rest.drop(waiting + end)
  }

  *end(): Generator<readonly SourceRow[]> {
    yield* this.#cut(this.#rest.bytes)
  }

  /** The rows of whole lines, in pages. */
  *#cut(bytes: Buffer): Generator<readonly SourceRow[]> {
    let rows: SourceRow[] = []
    const isText = isUtf8(bytes)
    for (let start = 0; start < bytes.length;) {
      const lineEnd = bytes.indexOf(lineFeed, start)
      const next = lineEnd === -1 ? bytes.length : lineEnd + 1
      const from = this.#offset === 0 && hasByteOrderMark(bytes) ? 3 : start
      const end = lineEnd === -1 ? bytes.length : lineEnd
      const line = bytes.subarray(from, bytes[end - 1] === 13 && end > from ? end - 1 : end)
      const text = isText || isUtf8(line) ? line.toString('utf8') : undefined
      if (text === undefined || text.trim() !== '') {
        if (this.#offset === 0 && text?.startsWith('[')) {
          throw new FileError(`${this.#path} begins with a JSON array: write one object a line (JSON Lines).`)
        }
        const position = { part: this.#part, offset: this.#offset, line: this.#line, row: this.#row }
        rows.push(new JsonRow(position, text, this.#path))
        this.#row++
      }
      this.#offset += next - start
      this.#line++
      start = next
      if (rows.length === pageRows) {
        yield rows
        rows = []
      }
    }
    if (rows.length > 0) yield rows
  }
}

function hasByteOrderMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}
