import type { Runtime } from '../../contract/runtime.js'
import { DiskFullError } from '../../errors/disk-full-error.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import type { Journal } from '../journal/journal.js'
import { type RowGroup, rowFields } from '../journal/journal-types.js'
import type { StoredAnswer } from '../../tasks/task.js'
import { TextBuffer } from '../text-buffer.js'
import { writeMembers } from '../write-object.js'
import type { SourceChunk } from '../sources/source.js'

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
const groupMs = 20
/** More than that waits only when the disk is slower than the server. */
const longestQueue = 4096
const longestQueueBytes = 64 * 1024 * 1024
const diskRetryMs = 1000

/** Hands finished rows to the journal in groups, one group at a time, and never drops one. */
export class Committer {
  readonly #options: CommitterOptions
  #records: FinishedRecord[] = []
  readonly #answers = new TextBuffer()
  #ends: number[] = []
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
    return this.#isDiskFull || this.#records.length >= longestQueue || this.#answers.length >= longestQueueBytes
  }

  add(record: FinishedRecord, answer: StoredAnswer): void {
    this.#records.push(record)
    this.#answers.write('{')
    writeMembers(
      answer as unknown as Readonly<Record<string, unknown>>,
      'text',
      JSON.stringify(answer.text),
      this.#answers,
    )
    this.#answers.write('}')
    this.#ends.push(this.#answers.length)
    if (this.#isBusy || this.#failure !== undefined) return
    if (this.#records.length >= groupRows || this.#answers.length >= groupBytes) this.#commit()
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
    const records = this.#records
    const chunks = this.#chunks
    const ends = Uint32Array.from(this.#ends)
    const bytes = this.#answers.take()
    this.#records = []
    this.#ends = []
    this.#chunks = []
    const { progress, onSafe } = this.#options.snapshot()
    this.#isBusy = true
    void this.#store({ ...toColumns(records), bytes, ends, progress, chunks }, onSafe)
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
    if (this.#failure === undefined && this.#records.length > 0) {
      if (this.#isFlushing || this.#records.length >= groupRows || this.#answers.length >= groupBytes) this.#commit()
      else this.#cancelTimer = runtime.setTimer(() => this.#commit(), groupMs)
    }
    if (!this.#isBusy) for (const resolve of this.#idle.splice(0)) resolve()
  }
}

function toColumns(records: readonly FinishedRecord[]): Pick<RowGroup, 'numbers' | 'codes'> {
  const width = rowFields.length
  const numbers = new Float64Array(records.length * width)
  for (const [index, record] of records.entries()) numbers.set(record.numbers, index * width)
  return { numbers, codes: records.map(({ code }) => code) }
}
