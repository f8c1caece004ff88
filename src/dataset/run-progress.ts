import type { Warning } from '../contract/response.js'
import type { LimitSignal } from './concurrency/limit-controller.js'
import type { RowStatus } from './dataset-row.js'

/** How many rows ended how; a row that is answered `numGenerations` times counts as often. */
export type RowCounts = Readonly<Record<RowStatus, number>>

/** Tokens, as the server counted them. */
export interface TokenCounts {
  readonly input: number
  readonly output: number
}

/** Of a run that keeps the first good ones of its rows: what became of the others. */
export interface SelectionProgress {
  /** How many rows are wanted. */
  readonly rows: number
  /** How many were judged, in the order of the input. */
  readonly candidates: number
  /**
   * Those that were not kept, by why: `repeated`, what the task says (`empty`, `cut`, ...), or the state of a row that is not
   * `ok`.
   */
  readonly rejected: Readonly<Record<string, number>>
  /** Kept rows whose answer was cut off (`finish_reason` is `length`). */
  readonly cut: number
  /** The error of the first row that was not `ok`. */
  readonly example: string | undefined
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
  /**
   * Tokens of attempts that led to nothing. Of answers that were ended before the server counted their tokens they are
   * estimated, by the pieces that had come.
   */
  readonly wastedTokens: TokenCounts
  /** The share of the input that was read, from 0 to 1, where it can be told. */
  readonly inputShare: number | undefined
  /** How many rows there will be, once the input has been read to its end. */
  readonly total: number | undefined
  /** Milliseconds since this process began. */
  readonly elapsedMs: number
  /** Requests that may be in flight, at all endpoints together, when nothing is wrong. */
  readonly limit: number
  /** The endpoints, in the order in which they were given. Empty before the first model is loaded. */
  readonly endpoints: readonly EndpointProgress[]
  /** Why no requests are sent at the moment. With several endpoints: why none of them is asked. */
  readonly pause: RunPause | undefined
  /** Of a task that keeps some of its rows; {@link counts} and {@link total} are then of the kept ones. */
  readonly selection?: SelectionProgress | undefined
}

/** Where one endpoint stands, in this process. */
export interface EndpointProgress {
  /** Its address, or what it serves. */
  readonly name: string
  /** Requests that may be in flight, and what set that. */
  readonly limit: number
  readonly signal: LimitSignal
  readonly inFlight: number
  readonly requests: number
  readonly answers: number
  /** Why it is asked nothing at the moment. */
  readonly pause: RunPause | undefined
}

/** What one endpoint has done, in this process. */
export type EndpointSummary = Omit<EndpointProgress, 'inFlight' | 'pause'>

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

/**
 * Why a run came to its end. `exhausted`: a task that keeps some of its rows has found hardly any more, and the output holds
 * fewer rows than were wanted.
 */
export type RunEnd = 'finished' | 'stopped' | 'max-tokens' | 'max-cost' | 'exhausted'

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
  /** Of them, rows that were asked a second time at the end, because that seemed faster. */
  readonly hedgedRequests: number
  /** The endpoints, in the order in which they were given. Empty where nothing was to be asked. */
  readonly endpoints: readonly EndpointSummary[]
  /** What the tokens cost, where prices were given. */
  readonly cost: number | undefined
  /** The run's folder. */
  readonly folder: string
  /** Of a task that keeps some of its rows; {@link counts} and {@link rows} are then of the kept ones. */
  readonly selection?: SelectionProgress | undefined
  /** What should be known of how the model was asked. */
  readonly warnings?: readonly Warning[] | undefined
}
