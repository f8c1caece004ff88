import type { SimulatedServerOptions } from '../simulated-server/server-options.js'
import type { SpanReport } from '../simulated-server/ledger.js'
import { type Drive, drive, type Driven, type Library } from './drive.js'
import { atLeastShare, atMost, type Measure, none, percent } from './measure.js'

/** How a bench is run. */
export interface FillOptions {
  readonly library: Library
  readonly timeScale: number
  /** One setting instead of three, and shorter runs. */
  readonly isQuick: boolean
  /** A fixed number instead of none; `best`: what a user who knew the server would give. */
  readonly concurrency: number | 'best' | undefined
}

interface Setting {
  readonly label: string
  readonly server: SimulatedServerOptions & { readonly maxNumSeqs: number }
  /** Rows a simulated second at best, roughly. */
  readonly rowsPerSecond: number
}

/** Tokens of a client and of its servers. */
export interface TokenSums {
  readonly label: string
  readonly client: number
  readonly server: number
}

export interface Outcome {
  readonly measures: readonly Measure[]
  readonly tokens: TokenSums
}

const settings: readonly [Setting, Setting, Setting] = [
  { label: '256 places, 300 tokens', server: { maxNumSeqs: 256, meanTokens: 300, sigma: 0.8 }, rowsPerSecond: 25 },
  { label: '64 places, 800 tokens', server: { maxNumSeqs: 64, meanTokens: 800, sigma: 1.2 }, rowsPerSecond: 4 },
  { label: '512 places, 120 tokens', server: { maxNumSeqs: 512, meanTokens: 120, sigma: 0.5 }, rowsPerSecond: 78 },
]
const [usual] = settings

/** From here on a run must fill its server. */
const settledMs = 60_000
const fullShare = 0.95
const mostWaitSeconds = 1

/** Each takes a line or more of the table. */
export const scenarios: Readonly<Record<string, (options: FillOptions) => readonly (() => Promise<Outcome>)[]>> = {
  gauge: (options) => settingsOf(options).map((setting) => () => fill('gauge', 'queue gauge', setting, {}, options)),
  stream: (options) =>
    settingsOf(options).map((setting) => () => fill('stream', 'no gauge', setting, { hasMetrics: false }, options)),
  rejections: (options) => [
    () => fill('rejections', 'no gauge, refuses at 64 waiting', usual, { hasMetrics: false, maxQueued: 64 }, options),
  ],
  cut: (options) => [() => change('cut', 'capacity cut to a third', 1 / 3, 12, options)],
  tripled: (options) => [() => change('tripled', 'capacity tripled', 3, 32, options)],
  endpoints: (options) => [() => endpoints('endpoints', [], options)],
  killed: (options) => [
    () =>
      endpoints(
        'killed',
        [
          { atMs: 90_000, state: 'gone' },
          { atMs: 150_000, state: 'up' },
        ],
        options,
      ),
  ],
  tail: (options) => [() => tail(options)],
}

function settingsOf({ isQuick }: FillOptions): readonly Setting[] {
  return isQuick ? [usual] : settings
}

function driveOf(
  { library, timeScale, concurrency }: FillOptions,
  servers: readonly (SimulatedServerOptions & { readonly maxNumSeqs: number })[],
  rows: number,
): Drive {
  // A little more than there are places, so that there is always one that waits.
  const best = servers.reduce((sum, { maxNumSeqs }) => sum + Math.ceil(maxNumSeqs * 1.04) + 2, 0)
  return { library, servers, rows, concurrency: concurrency === 'best' ? best : concurrency, timeScale }
}

async function fill(
  name: string,
  what: string,
  { label, server, rowsPerSecond }: Setting,
  changes: Pick<SimulatedServerOptions, 'hasMetrics' | 'maxQueued'>,
  options: FillOptions,
): Promise<Outcome> {
  const rows = Math.round(rowsPerSecond * (options.isQuick ? 120 : 240))
  const title = `${what}, ${label}`
  return drive(driveOf(options, [{ ...server, ...changes }], rows), (driven) => {
    const { servers, lastRowMs, summary } = driven
    const span = servers[0]?.report(settledMs, lastRowMs).span as SpanReport
    return {
      tokens: tokensOf(title, driven),
      measures: [
        atLeastShare(name, `${title}: share of best`, span.share, fullShare),
        atMost(name, `${title}: median queue wait`, inSeconds(span.medianQueueWaitMs), mostWaitSeconds, 's'),
        ...(summary.counts.ok === rows ? [] : [none(name, `${title}: rows not ok`, rows - summary.counts.ok)]),
      ],
    }
  })
}

async function change(
  name: string,
  what: string,
  capacity: number,
  rowsPerSecondAfter: number,
  options: FillOptions,
): Promise<Outcome> {
  const changeMs = 90_000
  const rows = Math.round((usual.rowsPerSecond * changeMs) / 1000 + rowsPerSecondAfter * (options.isQuick ? 120 : 180))
  const server = { ...usual.server, kvCacheTokens: 2 ** 19, changes: [{ atMs: changeMs, capacity }] }
  return drive(driveOf(options, [server], rows), (driven) => {
    const { servers, reports, lastRowMs, summary } = driven
    const windows = (reports[0]?.windows ?? []).filter(({ fromMs, toMs }) => fromMs >= changeMs && toMs <= lastRowMs)
    const after = servers[0]?.report(changeMs + 60_000, lastRowMs).span as SpanReport
    return {
      tokens: tokensOf(what, driven),
      measures: [
        atMost(name, `${what}: back at 95 %`, inSeconds(recoveredAfter(windows, isFull)), 60, 's'),
        atMost(name, `${what}: queue wait back at 1 s`, inSeconds(recoveredAfter(windows, isShort)), 60, 's'),
        atLeastShare(name, `${what}: share of best from the 60th second after`, after.share, fullShare),
        atMost(
          name,
          `${what}: median queue wait from then on`,
          inSeconds(after.medianQueueWaitMs),
          mostWaitSeconds,
          's',
        ),
        none(name, `${what}: rows not ok`, rows - summary.counts.ok),
      ],
    }
  })
}

async function endpoints(
  name: string,
  changes: SimulatedServerOptions['changes'],
  options: FillOptions,
): Promise<Outcome> {
  const speeds = [1, 2, 4]
  const seconds = options.isQuick ? 150 : 270
  const servers = speeds.map((speed) => ({
    ...usual.server,
    maxNumSeqs: 96,
    changes: [{ atMs: 0, speed }, ...(speed === 2 ? (changes ?? []) : [])],
  }))
  const rows = Math.round(14 * 7 * seconds)
  const what = changes?.length === 0 ? 'speeds 1:2:4' : 'speeds 1:2:4, the second gone for 60 s'
  return drive(driveOf(options, servers, rows), (driven) => {
    const spans = driven.servers.map((server) => server.report(settledMs, driven.lastRowMs).span)
    const sum = (of: (span: SpanReport) => number): number => spans.reduce((total, span) => total + of(span), 0)
    const share =
      sum((span) => span.generatedTokens) / sum((span) => (span.bestTokensPerSecond * (span.toMs - span.fromMs)) / 1000)
    const each = spans.map((span) => percent(span.share)).join(', ')
    return {
      tokens: tokensOf(what, driven),
      measures: [
        changes?.length === 0
          ? atLeastShare(name, `${what}: share of their sum (${each})`, share, fullShare)
          : { name, what: `${what}: share of what was there (${each})`, figure: percent(share) },
        none(name, `${what}: rows lost`, rows - driven.summary.counts.ok),
      ],
    }
  })
}

async function tail(options: FillOptions): Promise<Outcome> {
  const rows = 20_000
  const what = `the last 1 % of ${rows} rows`
  const server = { ...usual.server, stragglers: { share: 0.002, factor: 5 }, windowMs: 500 }
  // A limit as users give one: without it the last rows take as long as the longest answer that there is.
  return drive({ ...driveOf(options, [server], rows), maxTokens: 1024 }, (driven) => {
    const { windows, nowMs } = driven.reports[0] ?? { windows: [], nowMs: 0 }
    let finished = 0
    const reached = windows.find((window) => (finished += window.finished) >= rows * 0.99)
    const last = windows.findLast((window) => window.finished > 0)
    const endMs = last?.toMs ?? nowMs
    const share = (endMs - (reached?.toMs ?? 0)) / endMs
    return {
      tokens: tokensOf(what, driven),
      measures: [
        {
          name: 'tail',
          what: `${what}, 0.2 % of the requests 5 times slower: share of the time`,
          figure: `${percent(share)} of ${(endMs / 1000).toFixed(0)} s`,
          bar: 'at most 5.0 %',
          passes: share <= 0.05,
        },
      ],
    }
  })
}

const averagedMs = 30_000

/** Milliseconds from the first of the windows to the one from which on 30 s are full on average. */
function recoveredAfter(
  windows: readonly SpanReport[],
  isGood: (windows: readonly SpanReport[]) => boolean,
): number | undefined {
  const [first] = windows
  if (first === undefined) return undefined
  const count = averagedMs / (first.toMs - first.fromMs)
  const start = windows.findIndex(
    (_, index) => index + count <= windows.length && isGood(windows.slice(index, index + count)),
  )
  return start === -1 ? undefined : (windows[start]?.fromMs ?? 0) - first.fromMs
}

function isFull(windows: readonly SpanReport[]): boolean {
  const sum = (of: (window: SpanReport) => number): number => windows.reduce((total, window) => total + of(window), 0)
  return (
    sum(({ tokensPerSecond }) => tokensPerSecond) >= fullShare * sum(({ bestTokensPerSecond }) => bestTokensPerSecond)
  )
}

function isShort(windows: readonly SpanReport[]): boolean {
  return windows.every(({ medianQueueWaitMs = 0 }) => medianQueueWaitMs <= mostWaitSeconds * 1000)
}

function tokensOf(label: string, { summary, reports }: Driven): TokenSums {
  const { tokens, wastedTokens } = summary
  const client = tokens.input + tokens.output + wastedTokens.input + wastedTokens.output
  const server = reports.reduce((sum, { totals }) => sum + totals.promptTokens + totals.generatedTokens, 0)
  return { label, client, server }
}

function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000
}
