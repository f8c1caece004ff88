import type { GenerateOneOptions, GenerateOneResult } from '../../contract/generate.js'
import type { Runtime } from '../../contract/runtime.js'
import { AbortedError } from '../../errors/aborted-error.js'
import { type HeadraceError, isHeadraceError } from '../../errors/headrace-error.js'
import { InvalidRowError } from '../../errors/invalid-row-error.js'
import type { StoredAnswer, Task, TaskRequest } from '../../tasks/task.js'
import type { DatasetLLM } from '../dataset-options.js'
import { storedStatuses, type StoredStatus } from '../journal/journal-types.js'
import type { SourceRow } from '../sources/source.js'
import type { Admission } from './admission.js'
import type { Committer } from './committer.js'
import { causeOf } from './failure-cause.js'
import type { Frontier } from './frontier.js'
import type { RowFeed } from './row-feed.js'
import { joinSteps, type SteppedRow, takeStep } from './row-steps.js'
import { toStoredAnswer } from './stored-answer.js'
import type { Totals } from './totals.js'

/** One sample of one row that is to be answered. */
interface Item extends SteppedRow {
  readonly sample: number
  /** Attempts that failed by the server's fault; of one request, as are the refusals. */
  faults: number
  /** Attempts that the server refused, and how many answers there were at the first of them. */
  refusals: number
  answersBefore: number
  attempts: number
}

export interface RequestLoopOptions {
  readonly llm: Pick<DatasetLLM, 'generateOne'>
  readonly task: Task
  readonly call: GenerateOneOptions
  readonly numGenerations: number
  readonly concurrency: number
  readonly maxRetries: number
  readonly runtime: Runtime
  /** How long requests in flight get to end when the loop fails. */
  readonly drainMs: number
  readonly admission: Admission
  readonly committer: Committer
  readonly frontier: Frontier
  readonly totals: Totals
  /** Why no more may be asked, once the totals say so. */
  readonly budget: () => StopReason | undefined
}

/** Why a loop ends before its rows do. */
export type StopReason = 'stopped' | 'max-tokens' | 'max-cost' | 'enough'

/** So many rows in succession without one answer: it is not the rows. */
const hopelessRows = 20
/** A row that is refused so often while others are answered is a matter of that row. */
const mostRefusals = 30
const firstDelayMs = 500
const longestDelayMs = 30_000

/**
 * Asks for rows, as many at once as it may, until each has its verdict. A slot is free while a row waits to be asked
 * again; rows that wait keep new ones from being taken, so that what is open stays bounded.
 */
export class RequestLoop {
  readonly #options: RequestLoopOptions
  readonly #abort = new AbortController()
  /** By sample. Frozen, so that the model checks them once and not for each row. */
  readonly #calls: readonly GenerateOneOptions[]
  #feed: RowFeed | undefined
  readonly #ready: Item[] = []
  readonly #delays = new Map<Item, () => void>()
  #inFlight = 0
  /** Verdicts that are held back until some answer shows that the rows themselves are to blame. */
  #suspects: { readonly item: Item; readonly result: GenerateOneResult }[] = []
  #stop: StopReason | undefined
  #failure: HeadraceError | undefined
  #isPumping = false
  #cancelDrain: (() => void) | undefined
  #resolve: () => void = () => undefined
  #reject: (error: unknown) => void = () => undefined
  readonly #ended: Promise<void>

  constructor(options: RequestLoopOptions) {
    this.#options = options
    const { signal } = this.#abort
    this.#calls = Array.from({ length: options.numGenerations }, (_, sample) =>
      Object.freeze({ ...options.call, signal, sample }),
    )
    this.#ended = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get waiting(): number {
    return this.#ready.length + this.#delays.size
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
    for (const cancel of this.#delays.values()) cancel()
    this.pump()
  }

  /** Ends what is in flight. */
  cancel(): void {
    this.#abort.abort(new AbortedError('The run was stopped.'))
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
    const { admission, committer, concurrency } = this.#options
    let rendered = 0
    while (this.#stop === undefined && this.#inFlight < admission.limit && !committer.isFull) {
      const item = this.#ready.shift() ?? (this.#open < 2 * concurrency ? this.#next() : undefined)
      if (item === undefined) break
      if (item === 'settled') {
        // Rows that cannot be asked must not keep the process from everything else.
        if (++rendered < 256) continue
        setImmediate(() => this.pump())
        break
      }
      this.#send(item)
    }
    this.#isPumping = false
    this.#endIfDone()
  }

  get #open(): number {
    return this.#inFlight + this.#ready.length + this.#delays.size
  }

  /** The next sample of the input; a row that cannot be asked is settled here. */
  #next(): Item | 'settled' | undefined {
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
    const toItem = (sample: number): Item => ({
      row,
      sample,
      request,
      steps: [],
      faults: 0,
      refusals: 0,
      answersBefore: 0,
      attempts: 0,
    })
    const [first = 0, ...others] = samples
    for (const sample of others) this.#ready.push(toItem(sample))
    return toItem(first)
  }

  #send(item: Item): void {
    const { input, options } = item.request
    const common = this.#calls[item.sample] as GenerateOneOptions
    const call = options === undefined ? common : { ...common, ...options }
    this.#inFlight++
    item.attempts++
    void this.#options.llm.generateOne(input, call).then((result) => {
      try {
        this.#settle(item, result)
      } catch (error) {
        this.#reject(error)
      }
    }, this.#reject)
  }

  #settle(item: Item, result: GenerateOneResult): void {
    this.#inFlight--
    const { totals, admission, committer, budget } = this.#options
    if (result.outcome === 'ok') {
      totals.addAttempt(result, false)
      admission.answered()
      if (this.#suspects.length > 0) this.#releaseSuspects()
      if (takeStep(item, () => toStoredAnswer(result), this.#options.task)) this.#goOn(item)
      else this.#storeResult(item, result)
    } else this.#settleFailure(item, result)
    if (this.#stop === undefined) {
      const reason = budget()
      if (reason !== undefined) this.stop(reason)
    }
    if (!committer.isFull) this.pump()
    else this.#endIfDone()
  }

  /** The row's next request keeps its slot, also while what is in flight may end: its answers so far were paid for. */
  #goOn(item: Item): void {
    item.faults = 0
    item.refusals = 0
    const isEnding = this.#failure !== undefined || this.#abort.signal.aborted
    if (!isEnding && this.#inFlight < this.#options.admission.limit) this.#send(item)
    else this.#ready.unshift(item)
  }

  #settleFailure(item: Item, result: GenerateOneResult): void {
    const { totals, admission, maxRetries } = this.#options
    const cause = causeOf(result, {
      hasOwnOptions: item.request.options !== undefined || isWithOutput(item.request),
      hasParts: hasParts(item.request),
      hasAnswered: totals.counts.ok > 0,
    })
    totals.addAttempt(result, cause !== 'request')
    const error = result.cause as HeadraceError
    switch (cause) {
      case 'request':
        // Where nothing was sent, nothing is known of the server.
        if (result.timings.attempts > 0) {
          admission.answered()
          this.#releaseSuspects()
        }
        this.#storeResult(item, result)
        return
      case 'cancelled':
        if (this.#abort.signal.aborted) this.#ready.push(item)
        else this.fail(error)
        return
      case 'fatal':
        this.#ready.push(item)
        this.fail(error)
        return
      case 'pressure':
        if (item.refusals++ === 0) item.answersBefore = admission.answers
        if (item.refusals > mostRefusals && admission.answers > item.answersBefore) {
          this.#storeResult(item, result)
          return
        }
        break
      case 'warming-up':
      case 'outage':
        break
      case 'server':
        if (++item.faults > maxRetries) this.#suspect(item, result)
        else this.#delay(item)
        return
    }
    // What was refused goes first when it goes on.
    this.#ready.unshift(item)
    if (!admission.hold(cause, error, this.#inFlight)) this.fail(error)
  }

  #delay(item: Item): void {
    const { runtime } = this.#options
    const ceilingMs = Math.min(longestDelayMs, firstDelayMs * 2 ** (item.faults - 1))
    const comeBack = (): void => {
      this.#delays.delete(item)
      this.#ready.push(item)
    }
    const cancelTimer = runtime.setTimer(
      () => {
        comeBack()
        this.pump()
      },
      ceilingMs * (0.1 + 0.9 * runtime.random()),
    )
    this.#delays.set(item, () => {
      cancelTimer()
      comeBack()
    })
    if (this.#stop !== undefined) this.#delays.get(item)?.()
  }

  /** A row has had all its attempts. Whether that says anything about the row, the next answers tell. */
  #suspect(item: Item, result: GenerateOneResult): void {
    this.#suspects.push({ item, result })
    if (this.#suspects.length < hopelessRows) return
    for (const { item: suspect } of this.#suspects.splice(0)) this.#ready.push(suspect)
    this.fail(result.cause)
  }

  #releaseSuspects(): void {
    for (const { item, result } of this.#suspects.splice(0)) this.#storeResult(item, result)
  }

  #storeResult({ row, sample, attempts, steps }: Item, result: GenerateOneResult): void {
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
    const isEmpty = this.#feed.isEmpty && this.#ready.length === 0 && this.#delays.size === 0
    if (this.#stop === undefined && !isEmpty) return
    if (this.#stop === undefined) this.#releaseSuspects()
    this.#cancelDrain?.()
    this.#options.totals.cancelled = this.#open + this.#suspects.length
    if (this.#failure === undefined) this.#resolve()
    else this.#reject(this.#failure)
  }
}

function isWithOutput({ input }: TaskRequest): boolean {
  return Array.isArray(input) && Array.isArray(input[0])
}

function hasParts({ input }: TaskRequest): boolean {
  if (!Array.isArray(input)) return false
  const messages = (isWithOutput({ input }) ? input[0] : input) as readonly { readonly content: unknown }[]
  return messages.some(({ content }) => Array.isArray(content))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
