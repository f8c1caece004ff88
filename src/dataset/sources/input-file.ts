import { createReadStream } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'

import { FileError } from '../../errors/file-error.js'
import { chunkBytes, ChunkHasher } from './chunk-hasher.js'
import { findInputFiles } from './input-files.js'
import type { ReadOptions, SourceIdentity, SourcePosition } from './source.js'

const readBytes = 64 * 1024

/** A file that rows are read from. */
export interface InputFile {
  readonly path: string
  readonly size: number
  readonly modifiedMs: number
  readonly isGzip: boolean
}

/** What paths name, looked at once. */
export class InputFiles {
  readonly #paths: readonly string[]
  #found: Promise<readonly InputFile[]> | undefined
  #files: readonly InputFile[] = []

  constructor(paths: string | readonly string[]) {
    this.#paths = typeof paths === 'string' ? [paths] : paths
  }

  /** @throws FileError `FILE_UNREADABLE` */
  find(): Promise<readonly InputFile[]> {
    this.#found ??= findInputFiles(this.#paths)
      .then((paths) => Promise.all(paths.map(describe)))
      .then((files) => (this.#files = files))
    return this.#found
  }

  async identify(kind: string): Promise<SourceIdentity> {
    const files = await this.find()
    return { kind, parts: files.map(({ path, size, modifiedMs }) => ({ name: path, size, modifiedMs })) }
  }

  get isSeekable(): boolean {
    return !this.#files.some(({ isGzip }) => isGzip)
  }

  /** The share of the bytes before a position, where its offset counts bytes. */
  progress({ part, offset }: SourcePosition): number | undefined {
    // How long a compressed file is inside is not known before it has been read.
    if (this.#files.length === 0 || !this.isSeekable) return undefined
    const sum = (files: readonly InputFile[]): number => files.reduce((bytes, { size }) => bytes + size, 0)
    return (sum(this.#files.slice(0, part)) + offset) / Math.max(1, sum(this.#files))
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

/**
 * The bytes of a file from a position on, as they are inside where it is compressed; all of them pass `onChunk`. Each piece
 * is there only until the next one is asked for.
 */
export async function* readBytesFrom(
  file: InputFile,
  { part, offset }: SourcePosition,
  onChunk: ReadOptions['onChunk'],
): AsyncGenerator<Buffer> {
  // Hashes stand for whole chunks: what lies between the beginning of the chunk and the row is read for them alone.
  const firstChunk = onChunk === undefined ? 0 : Math.floor(offset / chunkBytes)
  const firstByte = onChunk === undefined ? offset : firstChunk * chunkBytes
  const hasher = onChunk && new ChunkHasher(part, firstChunk, onChunk)
  let ahead = offset - firstByte
  for await (const bytes of readFrom(file, firstByte)) {
    hasher?.update(bytes)
    const skipped = Math.min(ahead, bytes.length)
    ahead -= skipped
    if (skipped < bytes.length) yield bytes.subarray(skipped)
  }
  hasher?.end()
}

function readFrom(file: InputFile, offset: number): AsyncGenerator<Buffer> {
  return file.isGzip ? readGzip(file, offset) : readPlain(file, offset)
}

/** A stream would leave each piece to the collector, which lets them pile up. */
async function* readPlain({ path }: InputFile, offset: number): AsyncGenerator<Buffer> {
  let handle: FileHandle | undefined
  try {
    handle = await open(path)
    const buffer = Buffer.allocUnsafeSlow(readBytes)
    for (let position = offset; ;) {
      const { bytesRead } = await handle.read(buffer, 0, readBytes, position)
      if (bytesRead === 0) return
      position += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } catch (cause) {
    throw unreadable(path, cause)
  } finally {
    await handle?.close()
  }
}

async function* readGzip({ path }: InputFile, offset: number): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: readBytes })
  const bytes = file.pipe(createGunzip({ chunkSize: readBytes }))
  let skip = offset
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

export function unreadable(path: string, cause: unknown): FileError {
  const { code, message } = cause as NodeJS.ErrnoException
  const reason = code === 'ENOENT' ? 'there is no such file' : (code ?? message)
  return new FileError(`${path} cannot be read (${reason}): check the path.`, { cause })
}
