import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

import { syncFolder } from '../manifest.js'
import { batchFormat } from './batch-format.js'
import { PartialFile, sizeOf } from './partial-file.js'
import { plainFormat, type PlainFormatOptions, type RowFormat } from './row-format.js'
import type { FinishedRow, Sink, SinkState } from './sink.js'

export interface JsonlSinkOptions extends PlainFormatOptions {
  /** `rows`: the input's columns and the answer's; `batch`: an OpenAI batch output file. @defaultValue 'rows' */
  readonly format?: 'rows' | 'batch' | undefined
}

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
  readonly #partial: PartialFile
  #format: RowFormat
  #isFinishing = false

  constructor(path: string, options: JsonlSinkOptions) {
    this.path = path
    this.#options = options
    this.#partial = new PartialFile(path)
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

  open(state: SinkState | undefined): Promise<boolean> {
    const { bytes } = (state ?? {}) as { bytes?: number }
    return this.#partial.open(bytes)
  }

  async write(rows: readonly FinishedRow[]): Promise<void> {
    for (const row of rows) this.#format.write(row, this.#partial.text)
    await this.#partial.flushIfFull()
  }

  async sync(): Promise<SinkState> {
    return { bytes: await this.#partial.sync() }
  }

  async finish(): Promise<void> {
    await this.#partial.flush()
    this.#isFinishing = true
    await this.close()
    const { path } = this.#partial
    await this.#partial.guard(async () => {
      if (this.path.endsWith('.gz')) {
        const compressed = `${path}.gz`
        await pipeline(createReadStream(path), createGzip(), createWriteStream(compressed, { flush: true }))
        await rename(compressed, this.path)
        await rm(path)
      } else await rename(path, this.path)
      await syncFolder(dirname(this.path))
    })
  }

  close(): Promise<void> {
    return this.#partial.close(this.#isFinishing)
  }

  async isThere(): Promise<boolean> {
    return (await sizeOf(this.path)) >= 0
  }

  #formatFor(numGenerations: number): RowFormat {
    const { format, ...plain } = this.#options
    return format === 'batch' ? batchFormat() : plainFormat(plain, numGenerations)
  }
}
