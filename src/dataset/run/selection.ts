import type { RowSelection } from '../../tasks/task.js'
import type { SelectionProgress } from '../run-progress.js'
import type { FinishedRow } from '../sinks/sink.js'
import type { EndedRow } from './ended-row.js'
import { SeenKeys } from './seen-keys.js'

/** So many candidates for so few rows: the model has no more to give. */
const hopelessCandidates = 400
const hopelessRows = 20

/** How a selection stands: kept with the output, JSON. */
export interface StoredSelection extends SelectionProgress {
  readonly kept: number
  /** Which candidates the last {@link hopelessRows} kept rows were. */
  readonly recent: readonly number[]
  readonly end: SelectionEnd | undefined
}

/** `enough`: all rows that were wanted are there; `exhausted`: there are hardly any more. */
export type SelectionEnd = 'enough' | 'exhausted'

/**
 * Keeps the first good ones of a run's rows. It judges them in the order of the input, and by nothing but their answers, so
 * that neither timing nor an interruption changes what is kept.
 */
export class Selection {
  readonly #wanted: RowSelection
  readonly #seen = new SeenKeys()
  readonly #onChange: () => void
  #kept = 0
  #candidates = 0
  #cut = 0
  #rejected: Record<string, number> = {}
  #example: string | undefined
  #recent: number[] = []
  #end: SelectionEnd | undefined

  constructor(wanted: RowSelection, onChange: () => void) {
    this.#wanted = wanted
    this.#onChange = onChange
  }

  /** Goes on where an earlier process was. */
  restore(stored: StoredSelection, seen: Float64Array): void {
    this.#kept = stored.kept
    this.#candidates = stored.candidates
    this.#cut = stored.cut
    this.#rejected = { ...stored.rejected }
    this.#example = stored.example
    this.#recent = [...stored.recent]
    this.#end = stored.end
    this.#seen.restore(seen)
  }

  get end(): SelectionEnd | undefined {
    return this.#end
  }

  get kept(): number {
    return this.#kept
  }

  get progress(): SelectionProgress {
    return {
      rows: this.#wanted.rows,
      candidates: this.#candidates,
      rejected: { ...this.#rejected },
      cut: this.#cut,
      example: this.#example,
    }
  }

  get state(): StoredSelection {
    return { ...this.progress, kept: this.#kept, recent: this.#recent, end: this.#end }
  }

  /**
   * Candidates below this one may be asked: so many as give the rows that are missing, by the share that was kept so far. What is
   * asked beyond would be paid for in vain.
   */
  get allowed(): number {
    if (this.#end !== undefined) return 0
    const missing = this.#wanted.rows - this.#kept
    // A few good ones taken for granted keep the first rejections from weighing too much.
    const keptShare = (this.#kept + hopelessRows) / (this.#candidates + hopelessRows)
    return this.#candidates + Math.floor(missing / keptShare)
  }

  /** The rows that are kept of these, which come in their order. Nothing is kept any more after the {@link end}. */
  keep(rows: readonly FinishedRow[]): readonly FinishedRow[] {
    const kept = rows.filter(({ source, samples }) => this.#judge(source.index, samples[0] as EndedRow))
    this.#onChange()
    return kept
  }

  takeFresh(): Float64Array {
    return this.#seen.takeFresh()
  }

  #judge(index: number, row: EndedRow): boolean {
    if (this.#end !== undefined) return false
    this.#candidates = index + 1
    const reason = this.#whyNot(row)
    if (reason === undefined) {
      this.#kept++
      if (row.columns.finish_reason === 'length') this.#cut++
      this.#recent.push(index)
      if (this.#recent.length > hopelessRows) this.#recent.shift()
      if (this.#kept === this.#wanted.rows) this.#end = 'enough'
      return true
    }
    this.#rejected[reason] = (this.#rejected[reason] ?? 0) + 1
    const before = this.#recent.length < hopelessRows ? -1 : (this.#recent[0] as number)
    if (index - before > hopelessCandidates) this.#end = 'exhausted'
    return false
  }

  #whyNot(row: EndedRow): string | undefined {
    if (row.status === 'ok') return this.#seen.add(this.#wanted.key(row.columns)) ? undefined : 'repeated'
    if (row.rejection !== undefined) return row.rejection
    this.#example ??= row.columns.error ?? undefined
    return row.status
  }
}
