/**
 * `npm run bench:simulated-server [-- seconds]`: what the simulated server bears. A flood of requests keeps its places and
 * a queue full; the table says what share of its best it gave, how much of a processor it took, and how much of its time stood
 * still because it was late.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'

import { compile } from './compile.js'
import { startServerProcess } from './simulated-server/server-process.js'

interface Load {
  readonly places: number
  readonly streams: boolean
  readonly timeScale: number
}

const seconds = Number(process.argv[2] ?? 10)
const loads: readonly Load[] = [
  { places: 256, streams: false, timeScale: 10 },
  { places: 256, streams: false, timeScale: 20 },
  { places: 2048, streams: false, timeScale: 20 },
  { places: 256, streams: true, timeScale: 1 },
  { places: 256, streams: true, timeScale: 10 },
  { places: 256, streams: true, timeScale: 20 },
  { places: 2048, streams: true, timeScale: 4 },
]

/** Keeps asking until `isOver`, then leaves. @returns how it leaves. */
function flood(url: string, { places, streams }: Load): () => Promise<void> {
  const dispatcher = new Agent({ connections: null })
  let row = 0
  let isOver = false
  const keepAsking = async (): Promise<void> => {
    while (!isOver) {
      const messages = [{ role: 'user', content: `Please say something about the number ${row++}, at any length.` }]
      const options = streams ? { stream: true, stream_options: { include_usage: true } } : {}
      const { body } = await request(`${url}/v1/chat/completions`, {
        dispatcher,
        method: 'POST',
        body: JSON.stringify({ model: 'simulated/model', messages, ...options }),
      })
      await body.dump({ limit: Infinity })
    }
  }
  const asking = Array.from({ length: Math.round(places * 1.05) }, () => keepAsking().catch(() => undefined))
  return async () => {
    isOver = true
    await dispatcher.destroy()
    await Promise.all(asking)
  }
}

await compile()
const head = [
  'places',
  'answers',
  'time scale',
  'requests/s',
  'tokens/s',
  'share of best',
  'server CPU',
  'time stood still',
]
process.stdout.write(`${head.map((title) => title.padEnd(16)).join('')}\n`)
for (const load of loads) {
  const { places, streams, timeScale } = load
  const server = await startServerProcess({
    maxNumSeqs: places,
    kvCacheTokens: places * 1024,
    timeScale,
    windowMs: 1000,
  })
  try {
    const leave = flood(server.url, load)
    // The first requests come in over some time.
    await sleep(seconds * 250)
    const before = await server.report()
    const startedAt = performance.now()
    await sleep(seconds * 1000)
    const wallMs = performance.now() - startedAt
    const after = await server.report(before.nowMs)
    await leave()
    const { span } = after
    const finished = after.totals.finished - before.totals.finished
    const generated = after.totals.generatedTokens - before.totals.generatedTokens
    const cells = [
      places,
      streams ? 'streamed' : 'whole',
      timeScale,
      Math.round(finished / (wallMs / 1000)),
      Math.round(generated / (wallMs / 1000)),
      `${(span.share * 100).toFixed(1)} %`,
      `${Math.round(((after.cpuMs - before.cpuMs) * 1000) / finished)} µs`,
      `${(((after.cpuMs - before.cpuMs) / wallMs) * 100).toFixed(0)} %`,
      `${(((after.lostRealMs - before.lostRealMs) / wallMs) * 100).toFixed(1)} %`,
    ]
    process.stdout.write(`${cells.map((cell) => String(cell).padEnd(16)).join('')}\n`)
  } finally {
    server.stop()
  }
}
