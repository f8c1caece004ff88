import type { ServerState } from './change.js'
import type { Ledger, SpanReport, Totals } from './ledger.js'
import type { SimulatedEngine } from './simulated-engine.js'
import type { SimulatedTime } from './simulated-time.js'

/** What `GET /simulation` answers. All times are simulated milliseconds since the first request. */
export interface SimulationReport {
  readonly nowMs: number
  readonly timeScale: number
  /** Real milliseconds in which no simulated time passed because the process was late. */
  readonly lostRealMs: number
  /** What the server's process has taken of a processor, in real milliseconds. */
  readonly cpuMs: number
  readonly state: ServerState
  readonly capacity: number
  readonly speed: number
  /** Requests that may run at once now. */
  readonly slots: number
  readonly running: number
  readonly waiting: number
  readonly cacheUsage: number
  /** Of requests like those that came. */
  readonly bestTokensPerSecond: number
  readonly meanPromptTokens: number
  readonly meanOutputTokens: number
  /** Of the last request that was let in. */
  readonly lastArrivalMs: number | undefined
  readonly totals: Totals
  /** What was asked for with `from` and `to`, in whole windows. */
  readonly span: SpanReport
  readonly windows: readonly SpanReport[]
}

export interface ReportSources {
  readonly engine: SimulatedEngine
  readonly ledger: Ledger
  readonly time: SimulatedTime
  readonly state: ServerState
}

export function toReport(
  { engine, ledger, time, state }: ReportSources,
  fromMs: number,
  toMs: number,
): SimulationReport {
  const { nowMs, running, waiting, slots, cacheUsage, capacity } = engine
  const { requests, promptTokens, outputTokens } = ledger.workload
  const { user, system } = process.cpuUsage()
  return {
    nowMs,
    timeScale: time.timeScale,
    lostRealMs: time.lostMs,
    cpuMs: (user + system) / 1000,
    state,
    ...capacity,
    slots,
    running,
    waiting,
    cacheUsage,
    bestTokensPerSecond: ledger.bestTokensPerSecond,
    meanPromptTokens: requests === 0 ? 0 : promptTokens / requests,
    meanOutputTokens: requests === 0 ? 0 : outputTokens / requests,
    lastArrivalMs: ledger.lastArrivalMs,
    totals: { ...ledger.totals },
    span: ledger.span(fromMs, Math.min(toMs, nowMs)),
    windows: ledger.windows(nowMs),
  }
}
