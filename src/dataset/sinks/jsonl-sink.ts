import { createReadStream, createWriteStream } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

import { DiskFullError } from '../../errors/disk-full-error.js'
import { FileError } from '../../errors/file-error.js'
import { syncFolder } from '../manifest.js'
import { TextBuffer } from '../text-buffer.js'
import { batchFormat } from './batch-format.js'
import { plainFormat, type PlainFormatOptions, type RowFormat } from './row-format.js'
import type { FinishedRow, Sink, SinkState } from './sink.js'

export interface JsonlSinkOptions extends PlainFormatOptions {
  /** `rows`: the input's columns and the answer's; `batch`: an OpenAI batch output file. @defaultValue 'rows' */
  readonly format?: 'rows' | 'batch' | undefined
}

const bufferBytes = 64 * 1024

/**
 * Writes JSON Lines. While the run goes on, the rows so far are in the file with `.partial` appended; it gets its name
 * when all are there. A path that ends in `.gz` is compressed then.
 */
export function jsonlSink(path: string, options: JsonlSinkOptions = {}): Sink {
  return new JsonlSink(path, options)
}

class JsonlSink implements Sink {
  readonly path: string
  readonly #options: JsonlSinkOptions
  #format: RowFormat
  #file: FileHandle | undefined
  #bytes = 0
  readonly #text = new TextBuffer()
  #isFinishing = false

  constructor(path: string, options: JsonlSinkOptions) {
    this.path = path
    this.#options = options
    this.#format = this.#formatFor(1)
  }

  get config(): Readonly<Record<string, unknown>> {
    return { path: this.path, ...this.#format.config }
  }

  get keepRaw(): boolean {
    return this.#format.keepRaw
  }

  prepare(numGenerations: number): void {
    this.#format = this.#formatFor(numGenerations)
  }

  async open(state: SinkState | undefined): Promise<boolean> {
    const { bytes } = (state ?? {}) as { bytes?: number }
    try {
      if (bytes !== undefined && (await sizeOf(this.#partial)) >= bytes) {
        this.#file = await open(this.#partial, 'r+')
        await this.#file.truncate(bytes)
        this.#bytes = bytes
        return true
      }
      await mkdir(dirname(this.path), { recursive: true })
      this.#file = await open(this.#partial, 'w')
      this.#bytes = 0
      return false
    } catch (cause) {
      throw this.#failure(cause)
    }
  }

  async write(rows: readonly FinishedRow[]): Promise<void> {
    for (const row of rows) this.#format.write(row, this.#text)
    if (this.#text.length >= bufferBytes) await this.#flush()
  }

  async sync(): Promise<SinkState> {
    await this.#flush()
    try {
      await this.#file?.sync()
    } catch (cause) {
      throw this.#failure(cause)
    }
    return { bytes: this.#bytes }
  }

  async finish(): Promise<void> {
    await this.#flush()
    this.#isFinishing = true
    await this.close()
    try {
      if (this.path.endsWith('.gz')) {
        const compressed = `${this.#partial}.gz`
        await pipeline(createReadStream(this.#partial), createGzip(), createWriteStream(compressed, { flush: true }))
        await rename(compressed, this.path)
        await rm(this.#partial)
      } else await rename(this.#partial, this.path)
      await syncFolder(dirname(this.path))
    } catch (cause) {
      throw this.#failure(cause)
    }
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
    // Where nothing was written, nothing is left behind.
    if (file !== undefined && this.#bytes === 0 && !this.#isFinishing) await rm(this.#partial, { force: true })
  }

  async isThere(): Promise<boolean> {
    return (await sizeOf(this.path)) >= 0
  }

  get #partial(): string {
    return `${this.path}.partial`
  }

  #formatFor(numGenerations: number): RowFormat {
    const { format, ...plain } = this.#options
    return format === 'batch' ? batchFormat() : plainFormat(plain, numGenerations)
  }

  async #flush(): Promise<void> {
    const bytes = this.#text.bytes
    try {
      for (let written = 0; written < bytes.length;) {
        const { bytesWritten } = (await this.#file?.write(bytes, written, bytes.length - written, this.#bytes)) ?? {
          bytesWritten: 0,
        }
        written += bytesWritten
        this.#bytes += bytesWritten
      }
      this.#text.clear()
    } catch (cause) {
      throw this.#failure(cause)
    }
  }

  #failure(cause: unknown): FileError | DiskFullError {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      return new DiskFullError(`The disk of ${this.path} is full: make room and run the same command again.`, { cause })
    }
    return new FileError(`${this.path} cannot be written (${code ?? message}): check the path and the permissions.`, {
      cause,
    })
  }
}

/** In bytes; -1: there is none. */
async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => -1,
  )
}
