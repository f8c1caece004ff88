import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { type Rounds, alternate, compare } from './alternate.js'
import type { ClientFigures } from './client-figures.js'
import type { ClientLoad } from './client.js'
import { installPeers } from './install-peers.js'
import { type Server, runClient, runCommand, startServer } from './processes.js'
import type { Bar, Row, Skipped } from './row.js'
import { peers } from './subjects/index.js'
import { tgiRequestBody } from './tgi-workload.js'
import { requestBody } from './workload.js'

export interface Settings {
  /** The compiled library. */
  readonly dist: string
  /** Fewer pairs and requests: an impression, not a figure to quote. */
  readonly quick: boolean
  /** Write a CPU profile of each measured process here. */
  readonly profile: string | undefined
}

export interface Measurement {
  readonly name: string
  measure(settings: Settings): Promise<readonly (Row | Skipped)[]>
}

const atMost = (ratio: number): Bar => ({ kind: 'at most', ratio })

/** Everything that `npm run bench` prints of this folder's own, in the order of the table. */
export const measurements: readonly Measurement[] = [
  {
    name: 'chat-json',
    measure: (settings) =>
      withServer(async (server) => {
        const load = jsonLoad(settings, server, 'json')
        await sameBody(server, load)
        const rounds = await clients(['headrace', 'undici'], load, settings)
        return [
          toRow('chat-json', 'Xinference.chat, 100 tokens, JSON', 'undici request', rounds, 'undici', atMost(1.5)),
        ]
      }),
  },
  {
    name: 'chat-json-peers',
    measure: (settings) =>
      withServer(async (server) => {
        const what = 'Xinference.chat, 100 tokens, JSON'
        const reason = await installPeers()
        if (reason !== undefined) {
          return [{ name: 'chat-json-peers', what, skipped: `the peers are not installed: ${reason}` }]
        }
        const load = jsonLoad(settings, server, 'json', peersCount)
        const rounds = await clients(['headrace', ...peers], load, settings)
        const rows = peers.map((peer) => toRow('chat-json-peers', what, peer, rounds, peer))
        // The bar is the cheapest peer's.
        const best = rows.reduce((one, other) => (other.theirs < one.theirs ? other : one))
        return rows.map((row) => (row === best ? { ...row, bar: atMost(0.2) } : row))
      }),
  },
  streamMeasurement('stream-coalesced', 'coalesced', 'Xinference.streamChat, 500 tokens, 16 KiB a write'),
  streamMeasurement('stream-token', 'token', 'Xinference.streamChat, 500 tokens, one a write'),
  {
    name: 'tgi-json',
    measure: (settings) =>
      withServer((server) =>
        compareTgi(settings, jsonLoad(settings, server, 'tgi-json'), server, {
          name: 'tgi-json',
          what: 'InferenceEndpointsLLM.complete, TGI /generate, 100 tokens',
          against: 'undici request',
          bar: atMost(1.5),
        }),
      ),
  },
  {
    name: 'tgi-stream',
    measure: (settings) =>
      withServer((server) =>
        compareTgi(settings, streamLoad(settings, server, 'tgi-coalesced'), server, {
          name: 'tgi-stream',
          what: 'InferenceEndpointsLLM.streamComplete, TGI, 500 tokens, 16 KiB a write',
          against: 'undici body, split, JSON.parse',
          bar: atMost(1.4),
        }),
      ),
  },
  {
    name: 'cli-help',
    async measure({ dist, quick }) {
      const what = 'headrace --help'
      const main = join(dist, 'cli', 'main.js')
      if (!existsSync(main)) return [{ name: 'cli-help', what, skipped: 'there is no command yet' }]
      const commands: Readonly<Record<string, readonly string[]>> = { help: [main, '--help'], node: ['-e', '0'] }
      const repeat = async (name: string): Promise<ClientFigures> =>
        meanOf(quick ? 3 : 10, () => runCommand(commands[name] ?? []))
      const rounds = await alternate(['help', 'node'], quick ? 2 : 5, repeat)
      return startRows('cli-help', what, 'node -e 0', rounds, 'help', 'node', atMost(3))
    },
  },
  {
    name: 'cold-start',
    measure: (settings) =>
      withServer(async (server) => {
        const repeat = (subject: string): Promise<ClientFigures> =>
          meanOf(settings.quick ? 3 : 10, () =>
            runClient('cold-start', { ...endpointOf(settings, server, 'json'), subject }, []),
          )
        const rounds = await alternate(['headrace', 'undici'], settings.quick ? 2 : 5, repeat)
        return startRows(
          'cold-start',
          'import, load, first chat',
          'undici import, request',
          rounds,
          'headrace',
          'undici',
        )
      }),
  },
]

function streamMeasurement(name: string, delivery: 'coalesced' | 'token', what: string): Measurement {
  return {
    name,
    measure: (settings) =>
      withServer(async (server) => {
        const load = streamLoad(settings, server, delivery)
        await sameBody(server, load)
        const rounds = await clients(['headrace', 'undici'], load, settings)
        return [toRow(name, what, 'undici body, split, JSON.parse', rounds, 'undici', atMost(1.4))]
      }),
  }
}

type Load = Omit<ClientLoad, 'subject'>

/** The peers take so long that fewer requests say as much. */
const peersCount = 5000

function jsonLoad(settings: Settings, server: Server, delivery: Delivery, count = 20_000): Load {
  return {
    ...endpointOf(settings, server, delivery),
    // Not fewer when it is to be quick: a client that the compiler has not finished with costs three times as much.
    warmUp: 5000,
    count: settings.quick ? count / 4 : count,
    concurrency: 32,
  }
}

function streamLoad(settings: Settings, server: Server, delivery: Delivery): Load {
  return {
    ...endpointOf(settings, server, delivery),
    warmUp: 300,
    count: settings.quick ? 400 : 1500,
    concurrency: 8,
  }
}

/** The first part of a path of the scripted server. */
type Delivery = 'json' | 'coalesced' | 'token' | 'tgi-json' | 'tgi-coalesced'

function endpointOf(
  { dist }: Settings,
  { origin }: Server,
  delivery: Delivery,
): Pick<Load, 'endpoint' | 'stream' | 'library'> {
  const library = pathToFileURL(join(dist, 'index.js')).href
  return { endpoint: `${origin}/${delivery}`, stream: !delivery.endsWith('json'), library }
}

function clients(names: readonly string[], load: Load, { quick, profile }: Settings): Promise<Rounds> {
  const nodeOptions = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  return alternate(names, quick ? 2 : 5, async (subject) => {
    const figures = await runClient('client', { ...load, subject }, nodeOptions)
    process.stderr.write(`  ${subject} ${figures.cpu.toFixed(1)} µs\n`)
    return figures
  })
}

/** Headrace against the bare client, on TGI's native routes. */
async function compareTgi(
  settings: Settings,
  load: Load,
  server: Server,
  { name, what, against, bar }: Pick<Row, 'name' | 'what' | 'against' | 'bar'>,
): Promise<readonly Row[]> {
  await sameBody(server, load, 'headrace-tgi', tgiRequestBody)
  const rounds = await clients(['headrace-tgi', 'undici-tgi'], load, settings)
  return [toRow(name, what, against, rounds, 'undici-tgi', bar, 'headrace-tgi')]
}

/** @throws Error unless Headrace sends the body that the bare client sends. */
async function sameBody(
  { origin }: Server,
  load: Load,
  subject = 'headrace',
  expected: string = requestBody(load.stream),
): Promise<void> {
  await runClient('client', { ...load, subject, warmUp: 0, count: 1 }, [])
  const sent: unknown = await (await fetch(`${origin}/last-body`)).json()
  if (sent !== expected) throw new Error(`Headrace sends ${String(sent)}, the bare client ${expected}.`)
}

async function withServer<T>(act: (server: Server) => Promise<T>): Promise<T> {
  const server = await startServer()
  try {
    return await act(server)
  } finally {
    server.stop()
  }
}

/** A short process is timed several times over: one alone is mostly chance. */
async function meanOf(times: number, measure: () => Promise<ClientFigures>): Promise<ClientFigures> {
  let cpu = 0
  let wall = 0
  for (let time = 0; time < times; time++) {
    const figures = await measure()
    cpu += figures.cpu / times
    wall += figures.wall / times
  }
  return { cpu, wall }
}

function toRow(
  name: string,
  what: string,
  against: string,
  rounds: Rounds,
  theirs: string,
  bar?: Bar,
  ours = 'headrace',
): Row {
  return { name, what, against, unit: 'µs CPU', ...compare(rounds, ours, theirs, 'cpu'), bar }
}

/** Wall time and CPU of whole processes. */
function startRows(
  name: string,
  what: string,
  against: string,
  rounds: Rounds,
  ours: string,
  theirs: string,
  bar?: Bar,
): readonly Row[] {
  return (['wall', 'cpu'] as const).map((figure) => {
    const { ours: own, theirs: other, ratio, range } = compare(rounds, ours, theirs, figure)
    const unit = figure === 'wall' ? 'ms wall' : 'ms CPU'
    return { name, what, against, unit, ours: own / 1000, theirs: other / 1000, ratio, range, bar }
  })
}
