/**
 * `npm run bench:concurrency [-- NAME...]`: how well a run without settings fills simulated servers, whose capacity changes
 * and of which there may be several. Simulated time passes faster than real time. Prints each figure and what it must be.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import type { RunSummary, Source } from '../src/index.js'
import type { Runtime } from '../src/contract/runtime.js'
import { compile } from './compile.js'
import type { SimulatedServerOptions } from './simulated-server/server-options.js'
import { type ServerProcess, startServerProcess } from './simulated-server/server-process.js'

const { generateDataset, InferenceEndpointsLLM } = (await import('../dist/index.js' as string)) as typeof import('../src/index.js')
const { systemRuntime } = (await import(
  '../dist/transport/system-runtime.js' as string
)) as typeof import('../src/transport/system-runtime.js')

/** A clock on which everything takes so many times less long. */
function scaledRuntime(scale: number): Runtime {
  return {
    ...systemRuntime,
    now: () => systemRuntime.now() * scale,
    setTimer: (callback, delayMs) => systemRuntime.setTimer(callback, delayMs / scale),
  }
}

/** What a measure works with. Times are simulated seconds. */
interface Stage {
  readonly servers: readonly ServerProcess[]
  readonly run: ReturnType<typeof generateDataset>
  readonly seconds: (simulated: number) => Promise<void>
  /** From a point of simulated time on, share of the best and median wait in seconds. */
  readonly print: (what: string, value: number, bar: number, isAtLeast: boolean, unit: string) => void
}

interface Measure {
  readonly servers: readonly SimulatedServerOptions[]
  readonly scale: number
  readonly rows: number
  readonly options?: Partial<Parameters<typeof generateDataset>[0]>
  readonly during: (stage: Stage) => Promise<void>
  readonly after?: (summary: RunSummary, stage: Stage) => Promise<void>
}

const untilStopped = 1_000_000

async function steady({ servers, seconds, print }: Stage): Promise<void> {
  await seconds(180)
  const { span } = await (servers[0] as ServerProcess).report(60_000, 180_000)
  print('share of the best, 60 to 180 s', span.share * 100, 95, true, '%')
  print('median wait in the queue', (span.medianQueueWaitMs ?? 0) / 1000, 1, false, 's')
}

function changed(factor: number, then: number) {
  return async ({ servers, seconds, print }: Stage): Promise<void> => {
    const [server] = servers as [ServerProcess]
    if (factor !== 1) await server.change({ atMs: 0, capacity: factor })
    await seconds(90)
    await server.change({ atMs: 90_000, capacity: then })
    await seconds(120)
    const { span } = await server.report(150_000, 210_000)
    print('share of the best, from 60 s after it', span.share * 100, 95, true, '%')
    print('median wait in the queue', (span.medianQueueWaitMs ?? 0) / 1000, 1, false, 's')
  }
}

async function noneFailed(summary: RunSummary, { print }: Stage): Promise<void> {
  print('rows failed', summary.counts.failed + summary.counts.invalid, 0, false, '')
}

const gauge: SimulatedServerOptions = {}
const noGauge: SimulatedServerOptions = { hasMetrics: false }
const speeds = (factors: readonly number[], rest: SimulatedServerOptions = {}): readonly SimulatedServerOptions[] =>
  factors.map((speed) => ({ ...rest, maxNumSeqs: 64, changes: [{ atMs: 0, speed }] }))

async function ledger(summary: RunSummary, { servers, print }: Stage): Promise<void> {
  const reports = await Promise.all(servers.map((server) => server.report()))
  const served = reports.reduce((sum, { totals }) => sum + totals.promptTokens + totals.generatedTokens, 0)
  const { tokens, wastedTokens } = summary
  const counted = tokens.input + tokens.output + wastedTokens.input + wastedTokens.output
  print('tokens in the ledger besides the server’s', Math.abs(counted / served - 1) * 100, 0.1, false, '%')
}

const measures: Readonly<Record<string, Measure>> = {
  gauge: { servers: [gauge], scale: 10, rows: untilStopped, during: steady, after: noneFailed },
  'no-gauge': { servers: [noGauge], scale: 6, rows: untilStopped, during: steady, after: noneFailed },
  'gauge-third': { servers: [gauge], scale: 10, rows: untilStopped, during: changed(1, 1 / 3), after: noneFailed },
  'gauge-triple': { servers: [gauge], scale: 10, rows: untilStopped, during: changed(1 / 3, 1), after: noneFailed },
  'no-gauge-third': { servers: [noGauge], scale: 6, rows: untilStopped, during: changed(1, 1 / 3), after: noneFailed },
  'no-gauge-triple': { servers: [noGauge], scale: 6, rows: untilStopped, during: changed(1 / 3, 1), after: noneFailed },
  'rejecting-third': {
    servers: [{ hasMetrics: false, maxQueued: 16 }],
    scale: 6,
    rows: untilStopped,
    during: changed(1, 1 / 3),
    after: noneFailed,
  },
  speeds: {
    servers: speeds([1, 2, 4]),
    scale: 10,
    rows: untilStopped,
    during: async ({ servers, seconds, print }) => {
      await seconds(180)
      const spans = await Promise.all(servers.map(async (server) => (await server.report(60_000, 180_000)).span))
      const sum = (name: 'tokensPerSecond' | 'bestTokensPerSecond'): number =>
        spans.reduce((total, span) => total + span[name], 0)
      print('share of their sum', (sum('tokensPerSecond') / sum('bestTokensPerSecond')) * 100, 95, true, '%')
    },
    after: noneFailed,
  },
  killed: {
    servers: speeds([1, 2, 4]),
    scale: 10,
    rows: 12_000,
    during: async ({ servers, seconds }) => {
      await seconds(30)
      await servers[1]?.change({ atMs: 30_000, state: 'gone' }, { atMs: 75_000, state: 'up' })
    },
    after: async (summary, stage) => {
      stage.print('rows lost', 12_000 - summary.counts.ok, 0, false, '')
      stage.print('endpoints that answered', summary.endpoints.filter(({ answers }) => answers > 0).length, 3, true, '')
    },
  },
  tail: {
    servers: speeds([1, 2, 4]),
    scale: 10,
    rows: 12_000,
    during: async ({ run, print }) => {
      let ninetyNine = 0
      const watch = setInterval(() => {
        if (ninetyNine === 0 && run.progress.done >= 11_880) ninetyNine = run.progress.elapsedMs
      }, 5)
      await run
      clearInterval(watch)
      const { elapsedMs } = run.progress
      print('time of the last 1 % of the rows', ((elapsedMs - ninetyNine) / elapsedMs) * 100, 5, false, '%')
    },
    after: async (summary, stage) => {
      await ledger(summary, stage)
      stage.print('asked a second time', (summary.hedgedRequests / summary.requests) * 100, 2, false, '%')
    },
  },
}

let isMissed = false
async function take(name: string, { servers: options, scale: usualScale, rows, during, after, ...measure }: Measure): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-bench-'))
  const scale = Number(process.env['SCALE'] ?? usualScale)
  const runtime = scaledRuntime(scale)
  const servers = await Promise.all(options.map((each) => startServerProcess({ ...each, timeScale: scale })))
  try {
    const llms = servers.map(({ url }) => new InferenceEndpointsLLM({ baseUrl: url, engine: 'vllm' }, { runtime }))
    const run = generateDataset(
      {
        llm: llms,
        source: rowsOf(rows),
        folder,
        options: { maxTokens: 4096 },
        ...measure.options,
      },
      { runtime },
    )
    const stage: Stage = {
      servers,
      run,
      seconds: (simulated) => sleep((simulated * 1000) / scale),
      print: (what, value, bar, isAtLeast, unit) => {
        const isMet = isAtLeast ? value >= bar : value <= bar
        isMissed ||= !isMet
        const line = `${value.toFixed(2)} ${unit}`.padEnd(12)
        process.stdout.write(
          `${isMet ? 'ok    ' : 'MISSED'} ${name.padEnd(18)} ${what.padEnd(42)} ${line} ${isAtLeast ? 'at least' : 'at most'} ${bar} ${unit}\n`,
        )
      },
    }
    const timer = setInterval(() => {
      if (process.env['VERBOSE'] === undefined) return
      const { endpoints, elapsedMs, done, waiting } = run.progress
      const each = endpoints.map((e) => `${e.limit} (${e.signal}) ${e.inFlight} ${e.answers}${e.pause?.cause ?? ''}`)
      process.stderr.write(`  ${(elapsedMs / 1000).toFixed(0)} s ${done} done ${waiting} waiting | ${each.join(' | ')}\n`)
    }, 5000 / scale)
    try {
      await during(stage)
      if (rows === untilStopped) run.stop({ drainMs: 100 })
      await after?.(await run, stage)
    } finally {
      clearInterval(timer)
    }
    await Promise.all(llms.map((llm) => llm.unload()))
  } finally {
    for (const server of servers) server.stop()
    await rm(folder, { recursive: true })
  }
}

/** So many rows, which take no memory. */
function rowsOf(count: number): Source {
  return {
    identify: async () => ({ kind: 'numbers', parts: [{ name: 'numbers', size: count, modifiedMs: undefined }] }),
    async *read({ from } = {}) {
      for (let first = from?.row ?? 0; first < count; first += 256) {
        yield Array.from({ length: Math.min(256, count - first) }, (_, offset) => {
          const row = first + offset
          const columns = { prompt: `Please say something about the number ${row}.` }
          return { index: row, place: `row ${row}`, position: { part: 0, offset: row, line: row, row }, columns, json: undefined }
        })
      }
    },
  }
}

await compile()
const names = process.argv.slice(2)
for (const [name, measure] of Object.entries(measures)) {
  if (names.length === 0 || names.includes(name)) await take(name, measure)
}
process.exitCode = isMissed ? 1 : 0
process.exit()
