import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

import { DiskFullError } from '../../errors/disk-full-error.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import { JournalError } from '../../errors/journal-error.js'
import { RunLockedError } from '../../errors/run-locked-error.js'
import type { JournalCommands } from './journal-types.js'

type Name = keyof JournalCommands
type Waiter = { readonly resolve: (value: never) => void; readonly reject: (error: HeadraceError) => void }
type Reply = readonly [isDone: true, value: never] | readonly [isDone: false, error: { code: string; message: string }]

/** A file's name in the folder of a run. */
export const journalFile = 'run.sqlite'
export const lockFile = 'lock.sqlite'

/** The journal of a run: SQLite in a thread of its own, so that waiting for the disk stops nothing else. */
export class Journal {
  readonly #folder: string
  readonly #worker: Worker
  /** Replies come in the order of the commands. */
  readonly #waiters: Waiter[] = []
  #failure: HeadraceError | undefined

  private constructor(folder: string) {
    this.#folder = folder
    this.#worker = new Worker(new URL('./journal-worker.js', import.meta.url), {
      // It holds one group at a time.
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    })
    this.#worker.on('message', (reply: Reply) => this.#settle(reply))
    this.#worker.on('error', (cause: Error) => this.#fail(this.#errorOf('', cause.message, cause)))
    this.#worker.on('exit', () => this.#fail(new JournalError(`The journal in ${folder} is closed.`)))
  }

  /**
   * Opens the journal of a folder, or makes it, and holds it against everybody else.
   *
   * @throws RunLockedError `RUN_LOCKED`; JournalError `JOURNAL_FAILED`; DiskFullError `DISK_FULL`.
   */
  static async open(folder: string): Promise<Journal> {
    const journal = new Journal(folder)
    try {
      await journal.ask('open', join(folder, journalFile), join(folder, lockFile))
      return journal
    } catch (error) {
      await journal.close()
      throw error
    }
  }

  /** @throws JournalError `JOURNAL_FAILED`; DiskFullError `DISK_FULL`. */
  ask<N extends Name>(name: N, ...parameters: Parameters<JournalCommands[N]>): Promise<ReturnType<JournalCommands[N]>> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject })
      this.#worker.postMessage([name, parameters])
    })
  }

  /** Puts the journal in one file, and lets go of it. May be called again. */
  async close(): Promise<void> {
    if (this.#failure !== undefined) return
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve))
    // What cannot be tidied up any more is still in the journal's second file.
    await this.ask('close').catch(() => undefined)
    await exited
  }

  #settle([isDone, value]: Reply): void {
    const waiter = this.#waiters.shift()
    if (isDone) waiter?.resolve(value)
    else waiter?.reject(this.#errorOf(value.code, value.message))
  }

  #errorOf(code: string, message: string, cause?: unknown): HeadraceError {
    if (code === 'LOCKED') {
      return new RunLockedError(
        `Another process works on the run in ${this.#folder}: wait for it, stop it, or give another output.`,
      )
    }
    if (code === 'SQLITE_FULL') {
      return new DiskFullError(`The disk of ${this.#folder} is full: make room and run the same command again.`, {
        cause,
      })
    }
    return new JournalError(`The journal in ${this.#folder} failed (${message}): check the disk.`, { cause })
  }

  #fail(error: HeadraceError): void {
    this.#failure ??= error
    for (const { reject } of this.#waiters.splice(0)) reject(this.#failure)
  }
}
