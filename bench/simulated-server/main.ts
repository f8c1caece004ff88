/**
 * `npm run simulated-server -- [options]`: the simulated server by itself, until Ctrl-C. `--help` lists the options;
 * `docs/simulated-server.md` says what it simulates.
 */
import { parseArgs, type ParseArgsConfig } from 'node:util'

import { type Change, parseChanges } from './change.js'
import type { SimulatedServerOptions } from './server-options.js'
import { SimulatedServer } from './simulated-server.js'

const help = `Usage: npm run simulated-server -- [options]

  --port N             8000 by default; 0 for any that is free
  --host ADDRESS       127.0.0.1 by default
  --model NAME         simulated/model by default
  --time-scale N       simulated seconds in a real one, 1 by default
  --capacity N         requests at once, 256 by default
  --speed N            times the steps a second, 1 by default
  --kv-tokens N        tokens in the cache, 262144 by default
  --max-model-len N    8192 by default
  --mean-tokens N      mean length of an answer, 300 by default
  --sigma N            how long the tail of the lengths is, 0.8 by default
  --queue-limit N      refuse while so many wait; by default none are refused
  --reject-status N    503 by default, or 429
  --no-metrics         without /metrics
  --stragglers S:F     a share S of the requests is F times slower
  --seed N             other lengths, texts and stragglers
  --changes JSON       [{"atMs":60000,"capacity":0.33},{"atMs":90000,"state":"gone"},{"atMs":99000,"state":"up"}]
`

const config = {
  options: {
    help: { type: 'boolean' },
    port: { type: 'string', default: '8000' },
    host: { type: 'string' },
    model: { type: 'string' },
    'time-scale': { type: 'string' },
    capacity: { type: 'string' },
    speed: { type: 'string' },
    'kv-tokens': { type: 'string' },
    'max-model-len': { type: 'string' },
    'mean-tokens': { type: 'string' },
    sigma: { type: 'string' },
    'queue-limit': { type: 'string' },
    'reject-status': { type: 'string' },
    'no-metrics': { type: 'boolean' },
    stragglers: { type: 'string' },
    seed: { type: 'string' },
    changes: { type: 'string' },
  },
} as const satisfies ParseArgsConfig

type Values = ReturnType<typeof parseArgs<typeof config>>['values']

function readNumber(values: Values, name: Exclude<keyof Values, 'help' | 'no-metrics'>): number | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new Error(`--${name} must be a number, not ${text}.`)
  return value
}

function readOptions(values: Values): SimulatedServerOptions {
  const number = (name: Parameters<typeof readNumber>[1]): number | undefined => readNumber(values, name)
  const speed = number('speed')
  const status = number('reject-status')
  if (status !== undefined && status !== 429 && status !== 503) throw new Error('--reject-status must be 429 or 503.')
  const [, share, factor] = /^([\d.]+):([\d.]+)$/.exec(values.stragglers ?? '') ?? []
  if (values.stragglers !== undefined && factor === undefined) throw new Error('--stragglers must be SHARE:FACTOR.')
  const changes: readonly Change[] = values.changes === undefined ? [] : parseChanges(JSON.parse(values.changes))
  return {
    port: number('port'),
    host: values.host,
    model: values.model,
    timeScale: number('time-scale'),
    maxNumSeqs: number('capacity'),
    kvCacheTokens: number('kv-tokens'),
    maxModelLen: number('max-model-len'),
    meanTokens: number('mean-tokens'),
    sigma: number('sigma'),
    maxQueued: number('queue-limit'),
    rejectStatus: status,
    hasMetrics: values['no-metrics'] !== true,
    stragglers: share === undefined ? undefined : { share: Number(share), factor: Number(factor) },
    seed: number('seed'),
    changes: speed === undefined ? changes : [{ atMs: 0, speed }, ...changes],
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs(config)
  if (values.help === true) {
    process.stdout.write(help)
    return
  }
  const options = readOptions(values)
  const server = await SimulatedServer.start(options)
  const { slots, timeScale } = server.report()
  process.stdout.write(`${server.url}\n`)
  process.stderr.write(
    `A simulated vLLM: ${options.model ?? 'simulated/model'}, ${slots} requests at once, ${timeScale} simulated seconds a second.\n` +
      `${server.url}/simulation has its books. Ctrl-C ends it.\n`,
  )
  process.once('SIGINT', () => void server.close())
  process.once('SIGTERM', () => void server.close())
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}
