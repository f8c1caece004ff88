import { JournalError } from '../../errors/journal-error.js'
import type { Task } from '../../tasks/task.js'
import type { DatasetRow } from '../dataset-row.js'
import { storedStatuses, type StoredStatus, type Verdict } from '../journal/journal-types.js'
import type { Journal } from '../journal/journal.js'
import type { FinishedRow, Sink, SinkState } from '../sinks/sink.js'
import { firstPosition, type Source, type SourcePosition, type SourceRow } from '../sources/source.js'
import { EndedRow } from './ended-row.js'
import type { RowScope } from './row-scope.js'
import type { Selection, StoredSelection } from './selection.js'
import { StoredBytes } from './stored-bytes.js'
import type { Totals } from './totals.js'

/** Where the output is: stored from time to time, so that it need not be written from the beginning again. */
export interface StoredOutput {
  /** The first row that is not written. */
  readonly next: number
  /** Where that row or one before it begins. */
  readonly position: SourcePosition
  readonly config: string
  readonly sink: SinkState
  /** Where an output of this run lies that was finished once, so that it may be replaced. */
  readonly owned: string | undefined
  /** Answers before it that the task did not accept. */
  readonly unaccepted: number
  /** Of a task that keeps some of its rows: what it has kept before it. */
  readonly selection?: StoredSelection | undefined
  /** All rows are written and the output is, or is being put, in its place. */
  readonly isFinished: boolean
}

/** Of a run that has written nothing. */
export const noOutput: StoredOutput = {
  next: 0,
  position: firstPosition,
  config: '',
  sink: {},
  owned: undefined,
  unaccepted: 0,
  isFinished: false,
}

export interface OutputPassOptions {
  readonly journal: Pick<Journal, 'ask'>
  readonly source: Source
  readonly sink: Sink
  readonly task: Task
  readonly scope: RowScope
  readonly numGenerations: number
  readonly totals: Totals
  /** Which rows are written; absent: all. */
  readonly selection: Selection | undefined
  /** What the output is made by, besides the journal: with another one it is made again. */
  readonly config: string
  /** What the output is called. */
  readonly path: string
  /** What an earlier process left. */
  readonly stored: StoredOutput | undefined
  /** Takes the finished rows; the pass waits for it. */
  readonly onRows: (rows: readonly FinishedRow[]) => Promise<void> | void
  readonly now: () => number
}

const syncEveryMs = 5000

/**
 * Writes what is done in the order of the input: it follows the requests through the input, row by row, with the answers
 * from the journal. The only way from the journal to an output, whether the run goes on, is resumed or has long ended.
 */
export class OutputPass {
  readonly #options: OutputPassOptions
  /** All rows below are in the journal. */
  #boundary = 0
  #isLast = false
  #wake: () => void = () => undefined
  #position: SourcePosition = firstPosition
  #next = 0
  /** Something was written of which not all is known: it is not to be gone on with. */
  #isTorn = false
  #verdicts: Verdict[] = []
  #syncedAt: number

  constructor(options: OutputPassOptions) {
    this.#options = options
    this.#syncedAt = options.now()
  }

  /** All rows below this one are in the journal. */
  advance(boundary: number): void {
    if (boundary <= this.#boundary) return
    this.#boundary = boundary
    this.#wake()
  }

  /** There will be no more rows than the boundary says. */
  end(): void {
    this.#isLast = true
    this.#wake()
  }

  /**
   * Writes until the {@link end}.
   *
   * @throws HeadraceError when the output cannot be written or the journal lacks a row.
   */
  async run(): Promise<void> {
    const { sink, source, stored, totals, config, journal, selection } = this.#options
    const goesOn = stored !== undefined && stored.config === config && !stored.isFinished
    if ((await sink.open(goesOn ? stored.sink : undefined)) && goesOn) {
      this.#position = stored.position
      this.#next = stored.next
      totals.unaccepted = stored.unaccepted
      if (stored.selection !== undefined) selection?.restore(stored.selection, await journal.ask('seen'))
    } else await journal.ask('clearVerdicts')
    const pages = source.read({ from: this.#position })[Symbol.asyncIterator]()
    try {
      // Rows are not read before their answers are there: until then they would only be held in memory.
      while (await this.#hasMore()) {
        const { done, value } = await pages.next()
        if (done === true || !(await this.#writePage(value))) break
      }
    } finally {
      await pages.return?.()
      if (!this.#isTorn) await this.#sync(false)
    }
  }

  /** Puts the output in its place. */
  async finish(): Promise<void> {
    // First, so that a process that finds the output there knows whose it is.
    await this.#sync(true)
    await this.#options.sink.finish()
  }

  /** Waits for the next row to be in the journal. @returns `false` when it will not be. */
  async #hasMore(): Promise<boolean> {
    while (this.#next >= this.#boundary && !this.#isLast) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    return this.#next < Math.min(this.#boundary, this.#options.scope.end)
  }

  /** @returns `false` when there is nothing more to write. */
  async #writePage(page: readonly SourceRow[]): Promise<boolean> {
    const { scope, now, selection } = this.#options
    let start = page.findIndex(({ index }) => index >= this.#next)
    while (start !== -1 && start < page.length) {
      if (selection?.end !== undefined || !(await this.#hasMore())) return false
      const boundary = Math.min(this.#boundary, scope.end)
      let end = start
      while (end < page.length && (page[end] as SourceRow).index < boundary) end++
      const rows = page.slice(start, end)
      this.#isTorn = true
      await this.#write(rows.filter((row) => scope.has(row.index)))
      this.#isTorn = false
      const last = rows.at(-1) as SourceRow
      this.#position = last.position
      this.#next = last.index + 1
      start = end
      if (now() - this.#syncedAt > syncEveryMs) await this.#sync(false)
    }
    return true
  }

  async #write(sources: readonly SourceRow[]): Promise<void> {
    const { sink, task, numGenerations, totals, onRows, selection } = this.#options
    if (sources.length === 0) return
    const answers = await this.#answersTo(sources)
    let next = 0
    const finished: FinishedRow[] = []
    for (const source of sources) {
      const samples: DatasetRow[] = []
      for (let sample = 0; sample < numGenerations; sample++) {
        const id = source.index * numGenerations + sample
        while (next < answers.length && (answers[next] as StoredBytes).id < id) next++
        const found = answers[next]
        if (found?.id !== id) {
          throw new JournalError(`The journal lacks the answer to ${source.place}: it was changed from outside.`)
        }
        const row = new EndedRow(source, sample, found, task, sink.keepRaw === true)
        if (row.status !== found.status && selection === undefined) {
          totals.unaccepted++
          this.#verdicts.push({ id, message: row.columns.error ?? '' })
        }
        samples.push(row)
      }
      finished.push({ source, samples })
    }
    const written = selection?.keep(finished) ?? finished
    if (written.length === 0) return
    await sink.write(written)
    await onRows(written)
  }

  /** What the journal has of these rows, by id, and of those between them. */
  async #answersTo(sources: readonly SourceRow[]): Promise<readonly StoredBytes[]> {
    const { journal, numGenerations } = this.#options
    const answers: StoredBytes[] = []
    const end = ((sources.at(-1) as SourceRow).index + 1) * numGenerations
    let first = (sources[0] as SourceRow).index * numGenerations
    while (first < end) {
      const { ids, statuses, ends, bytes } = await journal.ask('page', first, end)
      const page = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (let index = 0; index < ids.length; index++) {
        const status = storedStatuses[statuses[index] as number] as StoredStatus
        answers.push(new StoredBytes(ids[index] as number, status, page, ends[index - 1] ?? 0, ends[index] as number))
      }
      const last = ids.at(-1)
      if (last === undefined) break
      first = last + 1
    }
    return answers
  }

  async #sync(isFinished: boolean): Promise<void> {
    const { sink, journal, config, path, stored, totals, now, selection } = this.#options
    const state: StoredOutput = {
      next: this.#next,
      position: this.#position,
      config,
      sink: await sink.sync(),
      owned: isFinished ? path : stored?.owned,
      unaccepted: totals.unaccepted,
      selection: selection?.state,
      isFinished,
    }
    const verdicts = this.#verdicts
    this.#verdicts = []
    await journal.ask('output', JSON.stringify(state), verdicts, selection?.takeFresh())
    this.#syncedAt = now()
  }
}
