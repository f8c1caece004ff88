import type { Journal } from '../journal/journal.js'
import type { SourcePosition, SourceRow } from '../sources/source.js'
import type { RowScope } from './row-scope.js'

/** A row, and which of its samples are not done yet. */
export interface FeedRow {
  readonly row: SourceRow
  readonly samples: readonly number[]
}

export interface RowFeedOptions {
  readonly pages: AsyncIterable<readonly SourceRow[]>
  readonly journal: Pick<Journal, 'ask'>
  readonly scope: RowScope
  readonly numGenerations: number
  /** Where reading begins; what the journal holds from there on is looked up. */
  readonly from: SourcePosition
  /** There are rows again, or there will be none any more. */
  readonly onReady: () => void
  readonly onFailure: (error: unknown) => void
}

const idsAtOnce = 8192

/** The rows of the input that are to be asked, one page ahead of who takes them. */
export class RowFeed {
  readonly #options: RowFeedOptions
  readonly #pages: AsyncIterator<readonly SourceRow[]>
  #rows: readonly FeedRow[] = []
  #taken = 0
  #ahead: readonly FeedRow[] | undefined
  #isReading = false
  #isClosed = false
  /** Ids of done samples that lie ahead, in their order. */
  #doneIds: Float64Array = new Float64Array()
  #doneAt = 0
  #hasMoreIds = true
  /** Of a row that nothing is done of, as most are. */
  readonly #allSamples: readonly number[]
  /** The rows of the input, once all were read. */
  total: number | undefined
  #end = 0

  constructor(options: RowFeedOptions) {
    this.#options = options
    this.#pages = options.pages[Symbol.asyncIterator]()
    this.#end = options.from.row
    this.#allSamples = Array.from({ length: options.numGenerations }, (_, sample) => sample)
    this.#readAhead()
  }

  /** Whether all rows were taken. */
  get isEmpty(): boolean {
    return this.#taken === this.#rows.length && this.#ahead === undefined && !this.#isReading
  }

  /** @returns `undefined` when there is none at the moment. */
  take(): FeedRow | undefined {
    if (this.#taken === this.#rows.length) {
      if (this.#ahead === undefined) return undefined
      this.#rows = this.#ahead
      this.#taken = 0
      this.#ahead = undefined
      this.#readAhead()
    }
    return this.#rows[this.#taken++]
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#pages.return?.()
  }

  #readAhead(): void {
    if (this.total !== undefined || this.#isReading || this.#isClosed) return
    this.#isReading = true
    this.#read().then(
      (rows) => {
        this.#isReading = false
        if (this.#isClosed) return
        this.#ahead = rows
        this.#options.onReady()
      },
      (error: unknown) => {
        this.#isReading = false
        if (!this.#isClosed) this.#options.onFailure(error)
      },
    )
  }

  /** The next page that holds rows to be asked; `undefined` at the end. */
  async #read(): Promise<readonly FeedRow[] | undefined> {
    const { scope, numGenerations } = this.#options
    for (;;) {
      const { done, value } = this.#end < scope.end ? await this.#pages.next() : { done: true, value: undefined }
      if (this.#isClosed) return undefined
      if (done === true || value === undefined) {
        this.total = this.#end
        return undefined
      }
      const last = value.at(-1) as SourceRow
      this.#end = Math.min(scope.end, last.index + 1)
      await this.#loadDone((last.index + 1) * numGenerations)
      const rows: FeedRow[] = []
      for (const row of value) {
        if (!scope.has(row.index)) continue
        const samples = this.#missing(row.index)
        rows.push({ row, samples })
      }
      if (rows.length > 0) return rows
    }
  }

  /** Makes sure that the ids of all done samples below `end` are here. */
  async #loadDone(end: number): Promise<void> {
    while (this.#hasMoreIds && (this.#doneIds.at(-1) ?? -1) < end) {
      const rest = this.#doneIds.subarray(this.#doneAt)
      const first = rest.at(-1) ?? this.#doneIds.at(-1) ?? this.#options.from.row * this.#options.numGenerations - 1
      const more = await this.#options.journal.ask('ids', first + 1, idsAtOnce)
      this.#hasMoreIds = more.length === idsAtOnce
      const all = new Float64Array(rest.length + more.length)
      all.set(rest)
      all.set(more, rest.length)
      this.#doneIds = all
      this.#doneAt = 0
      if (all.length === 0) return
    }
  }

  /** The samples of a row that are not done; rows come in their order. */
  #missing(index: number): readonly number[] {
    const { numGenerations } = this.#options
    if (!this.#hasMoreIds && this.#doneAt >= this.#doneIds.length) return this.#allSamples
    const missing: number[] = []
    for (let sample = 0; sample < numGenerations; sample++) {
      const id = index * numGenerations + sample
      while ((this.#doneIds[this.#doneAt] ?? Infinity) < id) this.#doneAt++
      if (this.#doneIds[this.#doneAt] !== id) missing.push(sample)
    }
    return missing
  }
}
