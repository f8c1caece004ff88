import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'

import { FileError } from '../../errors/file-error.js'
import { chunkBytes, ChunkHasher } from './chunk-hasher.js'
import { findInputFiles } from './input-files.js'
import { JsonRow } from './json-row.js'
import {
  firstPosition,
  type ReadOptions,
  type Source,
  type SourceIdentity,
  type SourcePosition,
  type SourceRow,
} from './source.js'

const readBytes = 64 * 1024
/** Rows are made when their page's turn comes, so that not many of them wait in memory. */
const pageRows = 128
const lineFeed = 10

interface InputFile {
  readonly path: string
  readonly size: number
  readonly modifiedMs: number
  readonly isGzip: boolean
}

/**
 * Rows from JSON Lines: one object a line, empty lines skipped, UTF-8; gzip is told by its first bytes. Several files
 * are read one after the other; `*` and `?` in a file's name stand for several.
 */
export function jsonlSource(paths: string | readonly string[]): Source {
  return new JsonlSource(typeof paths === 'string' ? [paths] : paths)
}

class JsonlSource implements Source {
  readonly #paths: readonly string[]
  #files: Promise<readonly InputFile[]> | undefined
  #sizes: readonly InputFile[] = []

  constructor(paths: readonly string[]) {
    this.#paths = paths
  }

  async identify(): Promise<SourceIdentity> {
    const files = await this.#find()
    return { kind: 'jsonl', parts: files.map(({ path, size, modifiedMs }) => ({ name: path, size, modifiedMs })) }
  }

  async *read({ from = firstPosition, onChunk }: ReadOptions = {}): AsyncGenerator<readonly SourceRow[]> {
    const files = await this.#find()
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
    return !this.#sizes.some(({ isGzip }) => isGzip)
  }

  progress({ part, offset }: SourcePosition): number | undefined {
    // How long a compressed file is inside is not known before it has been read.
    if (this.#sizes.length === 0 || !this.isSeekable) return undefined
    const sum = (files: readonly InputFile[]): number => files.reduce((bytes, { size }) => bytes + size, 0)
    return (sum(this.#sizes.slice(0, part)) + offset) / Math.max(1, sum(this.#sizes))
  }

  #find(): Promise<readonly InputFile[]> {
    this.#files ??= findInputFiles(this.#paths)
      .then((paths) => Promise.all(paths.map(describe)))
      .then((files) => (this.#sizes = files))
    return this.#files
  }
}

async function describe(path: string): Promise<InputFile> {
  try {
    const stats = await stat(path)
    if (stats.isDirectory()) throw new FileError(`${path} is a folder: give a file, or "${path}/*.jsonl".`)
    const handle = await open(path)
    try {
      const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0)
      return { path, size: stats.size, modifiedMs: stats.mtimeMs, isGzip: buffer[0] === 0x1f && buffer[1] === 0x8b }
    } finally {
      await handle.close()
    }
  } catch (cause) {
    throw cause instanceof FileError ? cause : unreadable(path, cause)
  }
}

/** The bytes of a file from an offset on, as they are inside where it is compressed. */
async function* readFrom({ path, isGzip }: InputFile, offset: number): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { start: isGzip ? 0 : offset, highWaterMark: readBytes })
  const bytes = isGzip ? file.pipe(createGunzip({ chunkSize: readBytes })) : file
  let skip = isGzip ? offset : 0
  file.once('error', (error) => bytes.destroy(error))
  try {
    for await (const piece of bytes as AsyncIterable<Buffer>) {
      const skipped = Math.min(skip, piece.length)
      skip -= skipped
      if (skipped < piece.length) yield piece.subarray(skipped)
    }
  } catch (cause) {
    throw unreadable(path, cause)
  } finally {
    file.destroy()
    bytes.destroy()
  }
}

async function* readRows(
  file: InputFile,
  start: SourcePosition,
  onChunk: ReadOptions['onChunk'],
): AsyncGenerator<readonly SourceRow[]> {
  // Hashes stand for whole chunks: what lies between the beginning of the chunk and the row is read for them alone.
  const firstChunk = onChunk === undefined ? 0 : Math.floor(start.offset / chunkBytes)
  const firstByte = onChunk === undefined ? start.offset : firstChunk * chunkBytes
  const hasher = onChunk && new ChunkHasher(start.part, firstChunk, onChunk)
  const lines = new LineSplitter(file.path, start)
  let ahead = start.offset - firstByte
  for await (const bytes of readFrom(file, firstByte)) {
    hasher?.update(bytes)
    const skipped = Math.min(ahead, bytes.length)
    ahead -= skipped
    yield* lines.push(bytes.subarray(skipped))
  }
  hasher?.end()
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
  #rest: Buffer[] = []

  constructor(path: string, { part, offset, line, row }: SourcePosition) {
    this.#path = path
    this.#part = part
    this.#offset = offset
    this.#line = line
    this.#row = row
  }

  *push(bytes: Buffer): Generator<readonly SourceRow[]> {
    const end = bytes.lastIndexOf(lineFeed) + 1
    if (end === 0) {
      if (bytes.length > 0) this.#rest.push(bytes)
      return
    }
    const lines =
      this.#rest.length === 0 ? bytes.subarray(0, end) : Buffer.concat([...this.#rest, bytes.subarray(0, end)])
    this.#rest = end < bytes.length ? [Buffer.from(bytes.subarray(end))] : []
    yield* this.#cut(lines)
  }

  *end(): Generator<readonly SourceRow[]> {
    const rest = Buffer.concat(this.#rest)
    this.#rest = []
    yield* this.#cut(rest)
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

function unreadable(path: string, cause: unknown): FileError {
  const { code, message } = cause as NodeJS.ErrnoException
  const reason = code === 'ENOENT' ? 'there is no such file' : (code ?? message)
  return new FileError(`${path} cannot be read (${reason}): check the path.`, { cause })
}
