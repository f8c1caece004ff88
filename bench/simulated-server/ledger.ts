import { bestTokensPerSecond, type Workload } from './best-rate.js'
import type { Capacity, Physics } from './engine-options.js'
import type { Sequence } from './sequence.js'
import type { Step } from './simulated-engine.js'
import { WaitHistogram } from './wait-histogram.js'

/** Sums since the server began, deaths included. */
export interface Totals {
  /** That were let in. */
  requests: number
  finished: number
  /** Refused because the queue was full. */
  rejected: number
  /** Left by their clients. */
  aborted: number
  /** Gone with the process. */
  lost: number
  preemptions: number
  promptTokens: number
  generatedTokens: number
  /** Of these, tokens of requests that were aborted or lost. */
  wastedPromptTokens: number
  wastedGeneratedTokens: number
}

/** What was done between two points of simulated time. */
export interface SpanReport {
  readonly fromMs: number
  readonly toMs: number
  readonly generatedTokens: number
  readonly tokensPerSecond: number
  /** What the machine could have generated with all places taken at every step. */
  readonly bestTokensPerSecond: number
  /** Of the best, from 0 to 1. */
  readonly share: number
  /** From arrival to leaving the queue, of the requests that left it in this time. */
  readonly medianQueueWaitMs: number | undefined
  readonly p95QueueWaitMs: number | undefined
  /** Means over the time. */
  readonly running: number
  readonly waiting: number
  readonly finished: number
  readonly rejected: number
}

interface Window {
  generatedTokens: number
  readonly waits: WaitHistogram
  runningMs: number
  waitingMs: number
  finished: number
  rejected: number
}

/** As much as half a day in windows of ten seconds. */
const mostWindows = 4320

/** The server's own book-keeping, in windows of simulated time. */
export class Ledger {
  readonly totals: Totals = {
    requests: 0,
    finished: 0,
    rejected: 0,
    aborted: 0,
    lost: 0,
    preemptions: 0,
    promptTokens: 0,
    generatedTokens: 0,
    wastedPromptTokens: 0,
    wastedGeneratedTokens: 0,
  }
  readonly workload: Workload = { requests: 0, promptTokens: 0, outputTokens: 0, squares: 0 }
  readonly #physics: Physics
  readonly #windowMs: number
  readonly #windows = new Map<number, Window>()
  /** In the order of time. */
  readonly #capacities: { readonly fromMs: number; readonly capacity: Capacity }[]
  #lastArrivalMs: number | undefined

  constructor(physics: Physics, windowMs: number) {
    this.#physics = physics
    this.#windowMs = windowMs
    this.#capacities = [{ fromMs: 0, capacity: { capacity: 1, speed: 1 } }]
  }

  /** When the last request came that was let in. */
  get lastArrivalMs(): number | undefined {
    return this.#lastArrivalMs
  }

  arrived({ promptTokens, outputTokens, arrivedAtMs }: Sequence): void {
    const { totals, workload } = this
    totals.requests++
    workload.requests++
    workload.promptTokens += promptTokens
    workload.outputTokens += outputTokens
    workload.squares += outputTokens ** 2
    this.#lastArrivalMs = arrivedAtMs
  }

  rejected(nowMs: number): void {
    this.totals.rejected++
    this.#at(nowMs).rejected++
  }

  started({ arrivedAtMs, startedAtMs = arrivedAtMs }: Sequence): void {
    this.#at(startedAtMs).waits.add(startedAtMs - arrivedAtMs)
  }

  finished(nowMs: number): void {
    this.totals.finished++
    this.#at(nowMs).finished++
  }

  /** Nobody will get its answer. */
  wasted({ generated, isRead, promptTokens }: Sequence, how: 'aborted' | 'lost'): void {
    const { totals } = this
    totals[how]++
    totals.wastedGeneratedTokens += generated
    if (isRead) totals.wastedPromptTokens += promptTokens
  }

  stepped({ startedAtMs, endedAtMs, running, waiting, generatedTokens, promptTokens }: Step): void {
    this.totals.generatedTokens += generatedTokens
    this.totals.promptTokens += promptTokens
    const window = this.#at(endedAtMs)
    window.generatedTokens += generatedTokens
    window.runningMs += running * (endedAtMs - startedAtMs)
    window.waitingMs += waiting * (endedAtMs - startedAtMs)
  }

  changed(nowMs: number, capacity: Capacity): void {
    this.#capacities.push({ fromMs: nowMs, capacity })
  }

  /** The best rate there is now. */
  get bestTokensPerSecond(): number {
    const last = this.#capacities.at(-1)
    return last === undefined ? 0 : bestTokensPerSecond(this.#physics, last.capacity, this.workload)
  }

  /** From the window in which `fromMs` lies up to, and without, the one in which `toMs` lies; the last is unfinished. */
  span(fromMs: number, toMs: number): SpanReport {
    const first = Math.floor(fromMs / this.#windowMs)
    const last = Math.max(first + 1, Math.floor(toMs / this.#windowMs))
    return this.#sum(first, last)
  }

  /** Every window that is over by now. */
  windows(nowMs: number): readonly SpanReport[] {
    const end = Math.floor(nowMs / this.#windowMs)
    const first = Math.max(0, end - mostWindows)
    return Array.from({ length: end - first }, (_, index) => this.#sum(first + index, first + index + 1))
  }

  #sum(first: number, last: number): SpanReport {
    const fromMs = first * this.#windowMs
    const toMs = last * this.#windowMs
    const waits = new WaitHistogram()
    const sums = { generatedTokens: 0, runningMs: 0, waitingMs: 0, finished: 0, rejected: 0 }
    for (let index = first; index < last; index++) {
      const window = this.#windows.get(index)
      if (window === undefined) continue
      waits.addAll(window.waits)
      sums.generatedTokens += window.generatedTokens
      sums.runningMs += window.runningMs
      sums.waitingMs += window.waitingMs
      sums.finished += window.finished
      sums.rejected += window.rejected
    }
    const lengthMs = toMs - fromMs
    const best = this.#bestTokens(fromMs, toMs)
    return {
      fromMs,
      toMs,
      generatedTokens: sums.generatedTokens,
      tokensPerSecond: (sums.generatedTokens / lengthMs) * 1000,
      bestTokensPerSecond: (best / lengthMs) * 1000,
      share: best === 0 ? 0 : sums.generatedTokens / best,
      medianQueueWaitMs: waits.quantile(0.5),
      p95QueueWaitMs: waits.quantile(0.95),
      running: sums.runningMs / lengthMs,
      waiting: sums.waitingMs / lengthMs,
      finished: sums.finished,
      rejected: sums.rejected,
    }
  }

  #bestTokens(fromMs: number, toMs: number): number {
    let tokens = 0
    for (const [index, { fromMs: begin, capacity }] of this.#capacities.entries()) {
      const end = this.#capacities[index + 1]?.fromMs ?? Infinity
      const passedMs = Math.min(end, toMs) - Math.max(begin, fromMs)
      if (passedMs > 0) tokens += (bestTokensPerSecond(this.#physics, capacity, this.workload) * passedMs) / 1000
    }
    return tokens
  }

  #at(ms: number): Window {
    const index = Math.floor(ms / this.#windowMs)
    let window = this.#windows.get(index)
    if (window === undefined) {
      window = { generatedTokens: 0, waits: new WaitHistogram(), runningMs: 0, waitingMs: 0, finished: 0, rejected: 0 }
      this.#windows.set(index, window)
      if (this.#windows.size > mostWindows) {
        const [oldest] = this.#windows.keys()
        if (oldest !== undefined) this.#windows.delete(oldest)
      }
    }
    return window
  }
}
