import type { Runtime } from '../../contract/runtime.js'
import { DiskFullError } from '../../errors/disk-full-error.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import type { Journal } from '../journal/journal.js'
import { rowFields, type RowGroup } from '../journal/journal-types.js'
import type { StoredAnswer } from '../../tasks/task.js'
import { TextBuffer } from '../text-buffer.js'
import type { SourceChunk } from '../sources/source.js'
import { writeStoredAnswer } from './stored-answer.js'

/** A finished row on its way into the journal: {@link rowFields} and the error's code. */
export interface FinishedRecord {
  readonly numbers: readonly number[]
  readonly code: string | null
}

export interface CommitterOptions {
  readonly journal: Pick<Journal, 'ask'>
  readonly runtime: Runtime
  /** How far the run is once all records given so far are safe: the JSON, and whom to tell once it is so. */
  readonly snapshot: () => { readonly progress: string; readonly onSafe: () => void }
  /** The disk is full, and has room again. */
  readonly onDiskFull: (error: HeadraceError | undefined) => void
  readonly onFailure: (error: HeadraceError) => void
  /** How long a full disk is waited for. */
  readonly patienceMs: number
}

const groupRows = 256
const groupBytes = 1024 * 1024
const groupMs = 100
/** More than that waits only when the disk is slower than the server. */
const longestQueue = 4096
const longestQueueBytes = 64 * 1024 * 1024
const diskRetryMs = 1000

/** Hands finished rows to the journal in groups, one group at a time, and never drops one. */
export class Committer {
  readonly #options: CommitterOptions
  // Columns that are written in place: whatever of a row lived on until the commit would be copied by the collector.
  #numbers = new Float64Array(groupRows * rowFields.length)
  #codes: (string | null)[] = []
  #ends = new Uint32Array(groupRows)
  readonly #answers = new TextBuffer()
  #chunks: SourceChunk[] = []
  #isBusy = false
  #cancelTimer: (() => void) | undefined
  #idle: (() => void)[] = []
  #isFlushing = false
  #failure: HeadraceError | undefined
  #isDiskFull = false

  constructor(options: CommitterOptions) {
    this.#options = options
  }

  /** Whether so much waits for the disk that no more should be asked for. */
  get isFull(): boolean {
    return this.#isDiskFull || this.#codes.length >= longestQueue || this.#answers.length >= longestQueueBytes
  }

  add({ numbers, code }: FinishedRecord, answer: StoredAnswer): void {
    writeStoredAnswer(answer, this.#answers)
    const at = this.#codes.push(code) - 1
    if (at >= this.#ends.length) this.#grow()
    this.#numbers.set(numbers, at * rowFields.length)
    this.#ends[at] = this.#answers.length
    if (this.#isBusy || this.#failure !== undefined) return
    if (this.#isGroup) this.#commit()
    else this.#cancelTimer ??= this.#options.runtime.setTimer(() => this.#commit(), groupMs)
  }

  /** A piece of the input that has passed, to be stored with the next group. */
  addChunk(chunk: SourceChunk): void {
    this.#chunks.push(chunk)
  }

  /**
   * Resolves when everything is safe.
   *
   * @throws HeadraceError what keeps it from being so, a full disk among it.
   */
  async flush(): Promise<void> {
    this.#isFlushing = true
    if (!this.#isBusy && this.#failure === undefined) this.#commit()
    while (this.#isBusy) await new Promise<void>((resolve) => this.#idle.push(resolve))
    this.#isFlushing = false
    if (this.#failure !== undefined) throw this.#failure
  }

  #commit(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const codes = this.#codes
    const chunks = this.#chunks
    const numbers = this.#numbers.slice(0, codes.length * rowFields.length)
    const ends = this.#ends.slice(0, codes.length)
    const bytes = this.#answers.take()
    this.#codes = []
    this.#chunks = []
    const { progress, onSafe } = this.#options.snapshot()
    this.#isBusy = true
    void this.#store({ numbers, codes, bytes, ends, progress, chunks }, onSafe)
  }

  get #isGroup(): boolean {
    return this.#codes.length >= groupRows || this.#answers.length >= groupBytes
  }

  #grow(): void {
    const numbers = new Float64Array(this.#numbers.length * 2)
    numbers.set(this.#numbers)
    this.#numbers = numbers
    const ends = new Uint32Array(this.#ends.length * 2)
    ends.set(this.#ends)
    this.#ends = ends
  }

  async #store(group: RowGroup, onSafe: () => void): Promise<void> {
    const { journal, runtime, onDiskFull, onFailure, patienceMs } = this.#options
    for (let waitedMs = 0; ; waitedMs += diskRetryMs) {
      try {
        await journal.ask('commit', group)
        break
      } catch (error) {
        if (!(error instanceof DiskFullError) || this.#isFlushing || waitedMs >= patienceMs) {
          this.#failure = error as HeadraceError
          break
        }
        this.#isDiskFull = true
        onDiskFull(error)
        await new Promise<void>((resolve) => runtime.setTimer(resolve, diskRetryMs))
      }
    }
    this.#isBusy = false
    if (this.#failure === undefined) {
      if (this.#isDiskFull) {
        this.#isDiskFull = false
        onDiskFull(undefined)
      }
      onSafe()
    } else onFailure(this.#failure)
    if (this.#failure === undefined && this.#codes.length > 0) {
      if (this.#isFlushing || this.#isGroup) this.#commit()
      else this.#cancelTimer = runtime.setTimer(() => this.#commit(), groupMs)
    }
    if (!this.#isBusy) for (const resolve of this.#idle.splice(0)) resolve()
  }
}
