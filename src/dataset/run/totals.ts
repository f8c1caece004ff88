import type { GenerateOneResult } from '../../contract/generate.js'
import type { RowStatus } from '../dataset-row.js'
import { type StoredStatus, storedStatuses } from '../journal/journal-types.js'
import type { RowCounts, TokenCounts } from '../run-progress.js'
import type { SourcePosition } from '../sources/source.js'

/** How far a run is: what is stored with every group of rows. */
export interface StoredProgress {
  /** All rows before it are done. */
  readonly position: SourcePosition
  /** How many rows the input has, once that is known. */
  readonly total: number | undefined
  /** Which rows of the input are asked; see `RowScope`. Another scope must look at all of them again. */
  readonly scope: string
  readonly counts: Readonly<Record<StoredStatus, number>>
  readonly requests: number
  readonly tokens: TokenCounts
  readonly wastedTokens: TokenCounts
}

/** Sums over all processes of a run. */
export class Totals {
  readonly counts: Record<StoredStatus, number> = { ok: 0, invalid: 0, refused: 0, 'too-long': 0, failed: 0 }
  requests = 0
  /** Of this process. */
  requestsNow = 0
  readonly tokens = { input: 0, output: 0 }
  readonly wastedTokens = { input: 0, output: 0 }
  /** Rows that are neither answered nor given up, at the end. */
  cancelled = 0
  /** Answers that the task did not accept when it read them. */
  unaccepted = 0
  /** How many rows were done before this process began. */
  doneBefore = 0

  restore({ counts, requests, tokens, wastedTokens }: StoredProgress): void {
    Object.assign(this.counts, counts)
    Object.assign(this.tokens, tokens)
    Object.assign(this.wastedTokens, wastedTokens)
    this.requests = requests
    this.doneBefore = this.stored
  }

  get stored(): number {
    return storedStatuses.reduce((sum, status) => sum + this.counts[status], 0)
  }

  /** Input and output tokens, wasted ones included. */
  get allTokens(): TokenCounts {
    return {
      input: this.tokens.input + this.wastedTokens.input,
      output: this.tokens.output + this.wastedTokens.output,
    }
  }

  get rowCounts(): RowCounts {
    const { counts, cancelled, unaccepted } = this
    const seen: Record<RowStatus, number> = { ...counts, cancelled }
    return { ...seen, ok: counts.ok - unaccepted, invalid: counts.invalid + unaccepted }
  }

  addWaste(input: number, output: number): void {
    this.wastedTokens.input += input
    this.wastedTokens.output += output
  }

  addAttempt({ usage, timings }: GenerateOneResult, isWasted: boolean): void {
    this.requests += timings.attempts
    this.requestsNow += timings.attempts
    const tokens = isWasted ? this.wastedTokens : this.tokens
    tokens.input += usage.inputTokens ?? 0
    tokens.output += usage.outputTokens ?? 0
  }
}
