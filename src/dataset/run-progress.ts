import type { RowStatus } from './dataset-row.js'

/** How many rows ended how; a row that is answered `numGenerations` times counts as often. */
export type RowCounts = Readonly<Record<RowStatus, number>>

/** Tokens, as the server counted them. */
export interface TokenCounts {
  readonly input: number
  readonly output: number
}

/** Where a run stands. */
export interface RunProgress {
  readonly counts: RowCounts
  /** The sum of {@link counts}: rows whose end is safe in the journal. */
  readonly done: number
  /** Of these, rows that were done before this process began. */
  readonly doneBefore: number
  readonly inFlight: number
  /** Rows that wait to be asked again. */
  readonly waiting: number
  /** Requests sent by all processes of the run, as far as they are in the journal. */
  readonly requests: number
  readonly tokens: TokenCounts
  /** Tokens of attempts that led to nothing, as far as the server told. */
  readonly wastedTokens: TokenCounts
  /** The share of the input that was read, from 0 to 1, where it can be told. */
  readonly inputShare: number | undefined
  /** How many rows there will be, once the input has been read to its end. */
  readonly total: number | undefined
  /** Milliseconds since this process began. */
  readonly elapsedMs: number
  /** Why no requests are sent at the moment. */
  readonly pause: RunPause | undefined
}

/** Why a run holds back its requests, and until when. */
export interface RunPause {
  /**
   * - `pressure`: the server has as much as it takes
   * - `warming-up`: the model is loading
   * - `outage`: nobody answers
   * - `disk-full`: answers cannot be stored
   */
  readonly cause: 'pressure' | 'warming-up' | 'outage' | 'disk-full'
  readonly message: string
}

/** Why a run came to its end. */
export type RunEnd = 'finished' | 'stopped' | 'max-tokens' | 'max-cost'

/** What a run resolves with. */
export interface RunSummary {
  /** Only a `finished` run has an answer, or a reason, for every row. The others go on when they are started again. */
  readonly end: RunEnd
  readonly counts: RowCounts
  /** The sum of {@link counts}. */
  readonly rows: number
  readonly requests: number
  readonly tokens: TokenCounts
  readonly wastedTokens: TokenCounts
  /** Requests that this process sent. */
  readonly requestsNow: number
  /** What the tokens cost, where prices were given. */
  readonly cost: number | undefined
  /** The run's folder. */
  readonly folder: string
}
