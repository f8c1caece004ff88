import type { GenerateOneResult } from '../../contract/generate.js'
import type { Runtime } from '../../contract/runtime.js'
import { AbortedError } from '../../errors/aborted-error.js'
import { type HeadraceError, isHeadraceError } from '../../errors/headrace-error.js'
import { InvalidRowError } from '../../errors/invalid-row-error.js'
import type { StoredAnswer, Task, TaskRequest } from '../../tasks/task.js'
import { storedStatuses, type StoredStatus } from '../journal/journal-types.js'
import type { SourceRow } from '../sources/source.js'
import type { Budget } from './budget.js'
import type { Committer } from './committer.js'
import type { Endpoint } from './endpoint.js'
import type { EndpointPool } from './endpoint-pool.js'
import { causeOf } from './failure-cause.js'
import type { Frontier } from './frontier.js'
import { Hedging } from './hedging.js'
import { RequestItem } from './request-item.js'
import type { RowFeed } from './row-feed.js'
import { joinSteps, takeStep } from './row-steps.js'
import { toStoredAnswer } from './stored-answer.js'
import type { Totals } from './totals.js'
import { WaitingItems } from './waiting-items.js'

export interface RequestLoopOptions {
  readonly pool: EndpointPool
  /** Ends what is in flight. */
  readonly abort: AbortController
  readonly task: Task
  readonly numGenerations: number
  readonly maxRetries: number
  /** Ask for the last rows a second time where that may be faster. */
  readonly hedges: boolean
  readonly runtime: Runtime
  /** How long requests in flight get to end when the loop fails. */
  readonly drainMs: number
  readonly committer: Committer
  readonly frontier: Frontier
  readonly totals: Totals
  readonly budget: Budget
}

/** Why a loop ends before its rows do. */
export type StopReason = 'stopped' | 'max-tokens' | 'max-cost' | 'enough'

/** So many rows in succession without one answer: it is not the rows. */
const hopelessRows = 20
/** A row that is refused so often while others are answered is a matter of that row. */
const mostRefusals = 30
/** An endpoint that fails so often in succession is left alone, where there are others. */
const hopelessFaults = 5

/**
 * Asks for rows, as many at once as it may, until each has its verdict. Endpoints that have room take the next row. A
 * slot is free while a row waits to be asked again; rows that wait keep new ones from being taken, so that what is open
 * stays bounded.
 */
export class RequestLoop {
  readonly #options: RequestLoopOptions
  #feed: RowFeed | undefined
  readonly #waiting: WaitingItems
  readonly #hedging = new Hedging()
  #inFlight = 0
  /** Answers of this loop, to tell whether any came in between. */
  #answers = 0
  /** Verdicts that are held back until some answer shows that the rows themselves are to blame. */
  #suspects: { readonly item: RequestItem; readonly result: GenerateOneResult }[] = []
  #stop: StopReason | undefined
  #failure: HeadraceError | undefined
  #isPumping = false
  #cancelDrain: (() => void) | undefined
  #resolve: () => void = () => undefined
  #reject: (error: unknown) => void = () => undefined
  readonly #ended: Promise<void>

  constructor(options: RequestLoopOptions) {
    this.#options = options
    this.#waiting = new WaitingItems(options.runtime, () => this.pump())
    this.#ended = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Requests that were sent a second time. */
  get hedged(): number {
    return this.#hedging.sent
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /**
   * @returns why it ended early, if it did; what runs has ended then.
   * @throws HeadraceError what makes any further request pointless.
   */
  async run(feed: RowFeed): Promise<StopReason | undefined> {
    this.#feed = feed
    this.pump()
    await this.#ended
    return this.#stop
  }

  /** Takes no more rows. What is in flight may end. */
  stop(reason: StopReason): void {
    this.#stop ??= reason
    this.#waiting.stop()
    this.pump()
  }

  /** Ends what is in flight. */
  cancel(): void {
    this.#options.abort.abort(new AbortedError('The run was stopped.'))
  }

  /** Ends the loop with this error, once what is in flight has ended. */
  fail(error: unknown): void {
    if (this.#failure !== undefined) return
    if (!isHeadraceError(error)) {
      this.#reject(error)
      return
    }
    this.#failure = error
    this.#cancelDrain = this.#options.runtime.setTimer(() => this.cancel(), this.#options.drainMs)
    this.stop('stopped')
  }

  /** Sends what may be sent. Called whenever something has changed. */
  pump(): void {
    // A row that is settled without a request comes back here.
    if (this.#isPumping || this.#feed === undefined) return
    this.#isPumping = true
    const { committer, pool } = this.#options
    let rendered = 0
    for (const endpoint of pool.turn()) {
      while (this.#stop === undefined && endpoint.hasRoom && !committer.isFull) {
        const item = this.#take() ?? this.#hedge(endpoint)
        if (item === undefined) break
        if (item !== 'settled') this.#send(item, endpoint)
        // Rows that cannot be asked must not keep the process from everything else.
        else if (++rendered === 256) {
          setImmediate(() => this.pump())
          break
        }
      }
      if (rendered === 256) break
    }
    this.#isPumping = false
    this.#endIfDone()
  }

  get #open(): number {
    return this.#inFlight + this.#waiting.size
  }

  #take(): RequestItem | 'settled' | undefined {
    return this.#waiting.take() ?? (this.#open < 2 * this.#options.pool.limit ? this.#next() : undefined)
  }

  /** The next sample of the input; a row that cannot be asked is settled here. */
  #next(): RequestItem | 'settled' | undefined {
    const { frontier, task } = this.#options
    const next = this.#feed?.take()
    if (next === undefined) return undefined
    const { row, samples } = next
    frontier.take(row, samples.length)
    if (samples.length === 0) return 'settled'
    let request: TaskRequest
    try {
      request = task.render(row.columns, row.index)
    } catch (error) {
      const { code, message } = isHeadraceError(error) ? error : new InvalidRowError(messageOf(error), { cause: error })
      const answer = { text: '', error: { code, message: `${row.place}: ${message}` } }
      for (const sample of samples) this.#store(row, sample, 'invalid', answer, 0, undefined)
      return 'settled'
    }
    const [first = 0, ...others] = samples
    for (const sample of others) this.#waiting.add(new RequestItem(row, sample, request))
    return new RequestItem(row, first, request)
  }

  /** Where all rows were taken: one of the last ones, a second time. */
  #hedge(endpoint: Endpoint): RequestItem | undefined {
    const { hedges, pool, totals, runtime } = this.#options
    if (!hedges || !endpoint.isUp || this.#feed?.isEmpty !== true || this.#waiting.size > 0) return undefined
    return this.#hedging.next(endpoint, pool.endpoints, runtime.now(), totals.requestsNow)
  }

  #send(item: RequestItem, endpoint: Endpoint): void {
    this.#inFlight++
    void endpoint.send(item).then((result) => {
      try {
        this.#settle(item, endpoint, result)
      } catch (error) {
        this.#reject(error)
      }
    }, this.#reject)
  }

  #settle(item: RequestItem, endpoint: Endpoint, result: GenerateOneResult): void {
    this.#inFlight--
    endpoint.ended(item)
    const { committer, budget } = this.#options
    if (item.isBeaten) this.#waste(item, endpoint, result, true)
    else if (result.outcome === 'ok') {
      this.#count(item, result)
      this.#answered(endpoint, result)
      if (this.#suspects.length > 0) this.#releaseSuspects()
      if (takeStep(item, () => toStoredAnswer(result), this.#options.task)) this.#goOn(item, endpoint)
      else this.#storeResult(item, result)
    } else this.#settleFailure(item, endpoint, result)
    if (this.#stop === undefined) {
      const reason = budget.reached
      if (reason !== undefined) this.stop(reason)
    }
    if (!committer.isFull) this.pump()
    else this.#endIfDone()
  }

  /** The row's next request keeps its slot, also while what is in flight may end: its answers so far were paid for. */
  #goOn(item: RequestItem, endpoint: Endpoint): void {
    item.faults = 0
    item.refusals = 0
    const isEnding = this.#failure !== undefined || this.#options.abort.signal.aborted
    if (!isEnding && endpoint.hasRoom) this.#send(item, endpoint)
    else this.#waiting.addFirst(item)
  }

  #settleFailure(item: RequestItem, endpoint: Endpoint, result: GenerateOneResult): void {
    const { totals, maxRetries, abort } = this.#options
    const cause = causeOf(result, { request: item.request, hasAnswered: totals.counts.ok > 0 })
    if (cause === 'request') this.#count(item, result)
    else this.#waste(item, endpoint, result, cause === 'server' && result.cause?.status === undefined)
    const error = result.cause as HeadraceError
    switch (cause) {
      case 'request':
        // Where nothing was sent, nothing is known of the server.
        if (result.timings.attempts > 0) {
          this.#answered(endpoint, result)
          this.#releaseSuspects()
        }
        this.#storeResult(item, result)
        return
      case 'cancelled':
        this.#putBack(item)
        if (!abort.signal.aborted) this.fail(error)
        return
      case 'fatal':
        this.#putBack(item)
        this.#giveUp(endpoint, error)
        return
      case 'pressure':
        if (item.refusals++ === 0) item.answersBefore = this.#answers
        if (item.refusals > mostRefusals && this.#answers > item.answersBefore && item.rival === undefined) {
          this.#storeResult(item, result)
          return
        }
        break
      case 'warming-up':
      case 'outage':
        break
      case 'server':
        if (this.#isAtFault(endpoint)) {
          this.#putBack(item)
          this.#hold(endpoint, 'outage', error)
        } else if (!item.yield()) {
          if (++item.faults > maxRetries) this.#suspect(item, result)
          else this.#waiting.addLater(item)
        }
        return
    }
    this.#putBack(item)
    this.#hold(endpoint, cause, error)
  }

  /** Counts a fault. @returns whether it is the endpoint rather than the row, as far as others can do its work. */
  #isAtFault(endpoint: Endpoint): boolean {
    endpoint.faults++
    return this.#options.pool.size > 1 && (endpoint.faults >= hopelessFaults || !endpoint.isUp)
  }

  #hold(endpoint: Endpoint, cause: 'pressure' | 'warming-up' | 'outage', error: HeadraceError): void {
    if (!endpoint.admission.hold(cause, error, endpoint.inFlight)) this.fail(error)
  }

  /** No row could be answered here; the others go on, if there are any. */
  #giveUp(endpoint: Endpoint, error: HeadraceError): void {
    endpoint.failure = error
    if (this.#options.pool.isHopeless) this.fail(error)
    else this.#hold(endpoint, 'outage', error)
  }

  /** What gave no answer goes first when it goes on. */
  #putBack(item: RequestItem): void {
    if (!item.yield()) this.#waiting.addFirst(item)
  }

  #answered(endpoint: Endpoint, result: GenerateOneResult): void {
    this.#answers++
    endpoint.answered(result)
  }

  /** An attempt whose answer counts. */
  #count(item: RequestItem, result: GenerateOneResult): void {
    const { totals } = this.#options
    item.win(result.usage.inputTokens)
    totals.addAttempt(result, false)
    if (item.unknownPrompts > 0) totals.addWaste((result.usage.inputTokens ?? 0) * item.unknownPrompts, 0)
  }

  /** An attempt for nothing. What the server did not tell of it is estimated, if it was at work: `wasRun`. */
  #waste(item: RequestItem, endpoint: Endpoint, result: GenerateOneResult, wasRun: boolean): void {
    const { totals } = this.#options
    totals.addAttempt(result, true)
    if (result.usage.outputTokens !== undefined || (!wasRun && !item.hasBegun)) return
    const tokens = endpoint.estimateTokens(item, result.cause?.partial)
    if (tokens === 0) return
    totals.addWaste(0, tokens)
    // How long the prompt is will be known when the row is answered.
    if (item.isBeaten) totals.addWaste(item.promptTokens ?? 0, 0)
    else item.unknownPrompts++
  }

  /** A row has had all its attempts. Whether that says anything about the row, the next answers tell. */
  #suspect(item: RequestItem, result: GenerateOneResult): void {
    this.#suspects.push({ item, result })
    if (this.#suspects.length < hopelessRows) return
    for (const { item: suspect } of this.#suspects.splice(0)) this.#waiting.add(suspect)
    this.fail(result.cause)
  }

  #releaseSuspects(): void {
    for (const { item, result } of this.#suspects.splice(0)) this.#storeResult(item, result)
  }

  #storeResult({ row, sample, attempts, steps }: RequestItem, result: GenerateOneResult): void {
    const answer = joinSteps(steps, toStoredAnswer(result))
    this.#store(row, sample, result.outcome as StoredStatus, answer, attempts, result)
  }

  #store(
    row: SourceRow,
    sample: number,
    status: StoredStatus,
    answer: StoredAnswer,
    attempts: number,
    result: GenerateOneResult | undefined,
  ): void {
    const { committer, totals, frontier, numGenerations } = this.#options
    const id = row.index * numGenerations + sample
    totals.counts[status]++
    frontier.done(row.index)
    const numbers = [
      id,
      storedStatuses.indexOf(status),
      answer.inputTokens ?? Number.NaN,
      answer.outputTokens ?? Number.NaN,
      attempts,
      Math.round(result?.timings.firstTokenMs ?? Number.NaN),
      Math.round(result?.timings.totalMs ?? Number.NaN),
      Date.now(),
    ]
    committer.add({ numbers, code: answer.error?.code ?? null }, answer)
  }

  #endIfDone(): void {
    if (this.#inFlight > 0 || this.#feed === undefined) return
    const isEmpty = this.#feed.isEmpty && this.#waiting.size === 0
    if (this.#stop === undefined && !isEmpty) return
    if (this.#stop === undefined) this.#releaseSuspects()
    this.#cancelDrain?.()
    this.#options.totals.cancelled = this.#open + this.#suspects.length
    if (this.#failure === undefined) this.#resolve()
    else this.#reject(this.#failure)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
