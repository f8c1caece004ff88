import { type FileHandle, mkdir, open, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

import { DiskFullError } from '../../errors/disk-full-error.js'
import { FileError } from '../../errors/file-error.js'
import { TextBuffer } from '../text-buffer.js'

const bufferBytes = 64 * 1024

/** The rows so far of an output that is not finished, in a file beside it, as JSON Lines. */
export class PartialFile {
  /** Of the output. */
  readonly #output: string
  readonly path: string
  /** What is written next. */
  readonly text: TextBuffer = new TextBuffer()
  #file: FileHandle | undefined
  #bytes = 0

  constructor(output: string) {
    this.#output = output
    this.path = `${output}.partial`
  }

  /**
   * Opens it, at so many bytes or anew.
   *
   * @returns `false` when it does not have so many; it is then empty.
   * @throws FileError `FILE_UNREADABLE`; DiskFullError `DISK_FULL`, as all methods.
   */
  async open(bytes: number | undefined): Promise<boolean> {
    return this.guard(async () => {
      if (bytes !== undefined && (await sizeOf(this.path)) >= bytes) {
        this.#file = await open(this.path, 'r+')
        await this.#file.truncate(bytes)
        this.#bytes = bytes
        return true
      }
      await mkdir(dirname(this.path), { recursive: true })
      this.#file = await open(this.path, 'w')
      this.#bytes = 0
      return false
    })
  }

  /** Writes what is in {@link text} when it is much. */
  async flushIfFull(): Promise<void> {
    if (this.text.length >= bufferBytes) await this.flush()
  }

  async flush(): Promise<void> {
    const bytes = this.text.bytes
    await this.guard(async () => {
      for (let written = 0; written < bytes.length;) {
        const { bytesWritten } = (await this.#file?.write(bytes, written, bytes.length - written, this.#bytes)) ?? {
          bytesWritten: 0,
        }
        written += bytesWritten
        this.#bytes += bytesWritten
      }
      this.text.clear()
    })
  }

  /** Makes everything safe. @returns how many bytes that is. */
  async sync(): Promise<number> {
    await this.flush()
    await this.guard(async () => this.#file?.sync())
    return this.#bytes
  }

  /** Lets go of it; where nothing was written, nothing is left behind, unless it is kept. */
  async close(keepsEmpty: boolean): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
    if (file !== undefined && this.#bytes === 0 && !keepsEmpty) await rm(this.path, { force: true })
  }

  /** Says of what fails at the output's files what it means. */
  async guard<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write()
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException
      if (cause instanceof FileError) throw cause
      if (code === 'ENOSPC' || code === 'EDQUOT') {
        throw new DiskFullError(`The disk of ${this.#output} is full: make room and run the same command again.`, {
          cause,
        })
      }
      throw new FileError(
        `${this.#output} cannot be written (${code ?? message}): check the path and the permissions.`,
        { cause },
      )
    }
  }
}

/** In bytes; -1: there is none. */
export async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => -1,
  )
}
