/**
 * `npm run test:soak [-- --minutes 30] [--per-second 200] [--concurrency 32] [--json]`: one client at work for a long time. After the
 * warm-up (5 minutes, or a quarter of a shorter soak) its memory must not grow by 1 MB in 10 minutes, its sockets not be
 * more than its calls at once, its handles stay the same. Exit code 1 when one of them does not hold.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { build, isBuilt } from './build.js'
import type { SoakLoad, SoakSample } from './soak/client.js'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    'per-second': { type: 'string', default: '200' },
    concurrency: { type: 'string', default: '32' },
    json: { type: 'boolean', default: false },
  },
})
const minutes = Number(values.minutes)
const concurrency = Number(values.concurrency)
const mostGrowth = 1_000_000
const warmUpSeconds = Math.min(300, (minutes * 60) / 4)

const tsx = createRequire(import.meta.url).resolve('tsx')
const file = (name: string): string => fileURLToPath(new URL(`soak/${name}.ts`, import.meta.url))

if (!(await isBuilt())) await build()
const server = spawn(process.execPath, ['--import', tsx, file('server')], { stdio: ['pipe', 'pipe', 'inherit'] })
const [port] = (await once(createInterface({ input: server.stdout }), 'line')) as [string]
const load: SoakLoad = {
  endpoint: `http://127.0.0.1:${port}`,
  perSecond: Number(values['per-second']),
  seconds: minutes * 60,
  concurrency,
  everyMs: minutes < 10 ? 2000 : 10_000,
}
const client = spawn(process.execPath, ['--expose-gc', '--import', tsx, file('client'), JSON.stringify(load)], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const closed = once(client, 'close')
const samples: SoakSample[] = []
for await (const line of createInterface({ input: client.stdout })) {
  const sample = JSON.parse(line) as SoakSample
  samples.push(sample)
  if (!values.json && samples.length % 15 === 0) process.stderr.write(`${describeSample(sample)}\n`)
}
await closed
server.stdin.end()

const last = samples.at(-1)
if (client.exitCode !== 0 || last === undefined) throw new Error('The client of the soak ended by an error.')
// The last one is taken after the end, when nothing is open any more.
const steady = samples.slice(0, -1).filter(({ seconds }) => seconds >= warmUpSeconds)
const span = (steady.at(-1)?.seconds ?? 0) - (steady[0]?.seconds ?? 0)
const growth =
  slopeOf(steady.map(({ seconds, heap, external }) => [seconds, heap + external] as const)) * Math.min(600, span)
const mostSockets = Math.max(...samples.map(({ sockets }) => sockets))
const handleCounts = [...new Set(steady.map(({ handles }) => handles))]
const figures = [
  {
    what: `memory after a collection, growth in ${Math.min(10, span / 60).toFixed(1)} minutes`,
    value: `${(growth / 1e6).toFixed(2)} MB`,
    isMet: growth < mostGrowth,
  },
  { what: `sockets at most (${concurrency} calls at once)`, value: mostSockets, isMet: mostSockets <= concurrency },
  { what: 'handles beside sockets', value: handleCounts.join(' or '), isMet: handleCounts.length === 1 },
  { what: 'sockets after unload()', value: last.sockets, isMet: last.sockets === 0 },
  {
    what: 'calls that were answered',
    value: `${last.answered} of ${last.calls}`,
    isMet: last.answered > 0.9 * last.calls,
  },
  { what: 'others', value: JSON.stringify(last.failures), isMet: Object.keys(last.failures).every(isExpected) },
]
if (values.json) process.stdout.write(`${JSON.stringify({ minutes, figures, samples }, undefined, 2)}\n`)
else {
  for (const { what, value, isMet } of figures)
    process.stdout.write(`${isMet ? 'met   ' : 'MISSED'}  ${what}: ${value}\n`)
  process.stdout.write(
    `${(last.calls / last.seconds).toFixed(0)} calls a second for ${minutes} minutes; ${last.late} were late\n`,
  )
}
if (figures.some(({ isMet }) => !isMet)) process.exitCode = 1

/** What the load asks for: failures of the server, streams that it cuts, calls that are given up. */
function isExpected(code: string): boolean {
  return ['SERVER_ERROR', 'STREAM_TRUNCATED', 'CONNECTION_FAILED', 'ABORTED', 'TIMEOUT'].includes(code)
}

function describeSample({ seconds, heap, sockets, handles, timers, calls }: SoakSample): string {
  return `${seconds} s: ${calls} calls, heap ${(heap / 1e6).toFixed(2)} MB, ${sockets} sockets, ${handles} handles, ${timers} timers`
}

/** The slope of the line that is nearest to the points, by least squares. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (index: 0 | 1): number => points.reduce((sum, point) => sum + point[index], 0) / points.length
  const [x, y] = [mean(0), mean(1)]
  const covariance = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0)
  return covariance / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0)
}
