import { basename } from 'node:path'

import { FileError } from '../../errors/file-error.js'
import { InvalidRowError } from '../../errors/invalid-row-error.js'
import type { Row } from '../../tasks/task.js'
import { checkDelimiter } from '../tables/check-delimiter.js'
import { type CsvForm, type CsvRecord, CsvRecords } from './csv-records.js'
import { type InputFile, InputFiles, readBytesFrom } from './input-file.js'
import {
  firstPosition,
  type ReadOptions,
  type Source,
  type SourceIdentity,
  type SourcePosition,
  type SourceRow,
} from './source.js'

export interface CsvSourceOptions {
  /**
   * What stands between cells.
   *
   * @defaultValue a tab where a file's name ends in `.tsv`, else the first of comma, semicolon and tab that its first line has
   */
  readonly delimiter?: string | undefined
}

/**
 * Rows from CSV: UTF-8, the first record names the columns, cells as RFC 4180 quotes them; every cell is text, and an empty
 * one is `null`. Empty lines are skipped; gzip is told by its first bytes. Several files are read one after the other, each
 * by its own first record; `*` and `?` in a file's name stand for several.
 *
 * @throws InvalidOptionError `INVALID_OPTION` when the delimiter is not one character.
 */
export function csvSource(paths: string | readonly string[], options: CsvSourceOptions = {}): Source {
  checkDelimiter('csvSource', options.delimiter)
  return new CsvSource(paths, options)
}

/** Records are made when their page's turn comes: the fewer of them wait, the fewer grow old. */
const pageBytes = 16 * 1024

/** What the first record of a file says. */
interface CsvHeader {
  readonly names: readonly string[]
  readonly form: CsvForm
}

class CsvSource implements Source {
  readonly #files: InputFiles
  readonly #options: CsvSourceOptions
  readonly #headers = new Map<InputFile, Promise<CsvHeader>>()

  constructor(paths: string | readonly string[], options: CsvSourceOptions) {
    this.#files = new InputFiles(paths)
    this.#options = options
  }

  async identify(): Promise<SourceIdentity> {
    // What is wrong with a header should be known before the first request.
    for (const file of await this.#files.find()) await this.#header(file)
    return this.#files.identify('csv')
  }

  async *read({ from = firstPosition, onChunk }: ReadOptions = {}): AsyncGenerator<readonly SourceRow[]> {
    const files = await this.#files.find()
    let row = from.row
    for (let part = from.part; part < files.length; part++) {
      const file = files[part] as InputFile
      const start = part === from.part ? from : { ...firstPosition, part, row }
      const { names, form } = await this.#header(file)
      // No row begins at the beginning: the names stand there.
      let ahead = start.offset === 0 ? 1 : 0
      for await (const records of readRecords(file, form, start, onChunk)) {
        const page = records
          .slice(ahead)
          .map(({ cells, offset, line }) => new CsvRow({ part, offset, line, row: row++ }, cells, names, file.path))
        ahead = 0
        if (page.length > 0) yield page
      }
    }
  }

  get isSeekable(): boolean {
    return this.#files.isSeekable
  }

  progress(position: SourcePosition): number | undefined {
    return this.#files.progress(position)
  }

  #header(file: InputFile): Promise<CsvHeader> {
    let header = this.#headers.get(file)
    if (header === undefined) this.#headers.set(file, (header = readHeader(file, this.#options)))
    return header
  }
}

async function* readRecords(
  file: InputFile,
  form: CsvForm,
  start: SourcePosition,
  onChunk: ReadOptions['onChunk'],
): AsyncGenerator<readonly CsvRecord[]> {
  // A CommonJS module, of which only the default export is sure to be there.
  const { default: papa } = await import('papaparse')
  const records = new CsvRecords(papa.parse, file.path, form, start)
  for await (const bytes of readBytesFrom(file, start, onChunk)) {
    for (let from = 0; from < bytes.length; from += pageBytes) {
      const page = records.push(bytes.subarray(from, from + pageBytes))
      if (page.length > 0) yield page
    }
  }
  const page = records.end()
  if (page.length > 0) yield page
}

/** @throws FileError `FILE_UNREADABLE` when the file does not begin with the names of columns. */
async function readHeader(file: InputFile, options: CsvSourceOptions): Promise<CsvHeader> {
  const form = await readForm(file, options)
  for await (const [first] of readRecords(file, form, firstPosition, undefined)) {
    const names = (first?.cells ?? []).map((name, index) => (name === '' ? `column_${index + 1}` : name))
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined) {
      throw new FileError(`${file.path} has two columns called "${twice}": give each a name of its own.`)
    }
    return { names, form }
  }
  throw new FileError(`${file.path} is empty: a CSV file begins with the names of its columns.`)
}

async function readForm({ path, ...file }: InputFile, { delimiter }: CsvSourceOptions): Promise<CsvForm> {
  let first = Buffer.alloc(0)
  for await (const bytes of readBytesFrom({ path, ...file }, firstPosition, undefined)) {
    first = Buffer.concat([first, bytes])
    if (first.includes(10)) break
  }
  if ((first[0] === 0xff && first[1] === 0xfe) || (first[0] === 0xfe && first[1] === 0xff)) {
    throw new FileError(`${path} is UTF-16 text: save it as UTF-8.`)
  }
  const end = first.indexOf(10)
  const line = first.toString('utf8', 0, end === -1 ? first.length : end)
  const bare = line.replaceAll(/"[^"]*"?/g, '')
  const usual = /\.tsv(\.gz)?$/i.test(path) ? '\t' : ([',', ';', '\t'].find((each) => bare.includes(each)) ?? ',')
  return { delimiter: delimiter ?? usual, lineBreak: line.endsWith('\r') ? '\r\n' : '\n' }
}

/** Its columns are made when they are asked for. */
class CsvRow implements SourceRow {
  readonly position: SourcePosition
  readonly json = undefined
  readonly #cells: readonly string[]
  readonly #names: readonly string[]
  readonly #path: string

  constructor(position: SourcePosition, cells: readonly string[], names: readonly string[], path: string) {
    this.position = position
    this.#cells = cells
    this.#names = names
    this.#path = path
  }

  get index(): number {
    return this.position.row
  }

  get place(): string {
    return `${basename(this.#path)}:${this.position.line + 1}`
  }

  get columns(): Row {
    const [cells, names] = [this.#cells, this.#names]
    if (cells.length !== names.length) {
      throw new InvalidRowError(
        `The record has ${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}, and the first record names ${names.length} columns.`,
      )
    }
    return Object.fromEntries(names.map((name, index) => [name, cells[index] || null]))
  }
}
