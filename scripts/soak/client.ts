/**
 * The client of the soak, in a process of its own with `--expose-gc`: so many calls a second, whole and streamed, some of them left in the
 * middle or with a deadline that they miss. Every few seconds a line with what the process holds after a collection.
 */
import { HeadraceError, Xinference } from 'headrace'

export interface SoakLoad {
  readonly endpoint: string
  readonly perSecond: number
  readonly seconds: number
  readonly concurrency: number
  readonly everyMs: number
}

/** What the process holds; bytes after a collection. */
export interface SoakSample {
  readonly seconds: number
  readonly heap: number
  readonly external: number
  readonly rss: number
  /** Connections that are open, and everything that keeps the process alive, timers left out. */
  readonly sockets: number
  readonly handles: number
  readonly timers: number
  readonly calls: number
  readonly answered: number
  /** Calls that ended by an error, by its code. */
  readonly failures: Readonly<Record<string, number>>
  /** Calls that were due while all places were taken. */
  readonly late: number
}

const { endpoint, perSecond, seconds, concurrency, everyMs } = JSON.parse(process.argv[2] ?? '{}') as SoakLoad
const collect = (globalThis as { gc?: () => void }).gc
if (collect === undefined) throw new Error('The client of the soak needs --expose-gc.')

const llm = await new Xinference({ endpoint, modelUid: 'soak', maxRetries: 1 }).load()
const messages = [{ role: 'user', content: 'Say twenty words.' }] as const
const expected = 'word '.repeat(20)
const failures: Record<string, number> = {}
let [calls, answered, inFlight, late] = [0, 0, 0, 0]

async function call(number: number): Promise<void> {
  inFlight++
  try {
    if (number % 50 === 3) {
      for await (const _part of llm.streamChat(messages)) break
      answered++
      return
    }
    if (number % 50 === 5) {
      const controller = new AbortController()
      setTimeout(() => controller.abort(), 25)
      await llm.chat(messages, { signal: controller.signal })
    }
    const timeouts = number % 50 === 7 ? { timeouts: { totalMs: 15 } } : {}
    const wireMode = number % 2 === 0 ? ('json' as const) : ('stream' as const)
    const { text } = await llm.chat(messages, { wireMode, ...timeouts })
    if (text !== expected) throw new Error(`Wrong answer: ${JSON.stringify(text)}`)
    answered++
  } catch (error) {
    if (!(error instanceof HeadraceError)) throw error
    failures[error.code] = (failures[error.code] ?? 0) + 1
  } finally {
    inFlight--
  }
}

function sample(atMs: number): void {
  collect?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  const resources = process.getActiveResourcesInfo()
  const count = (isOne: (name: string) => boolean): number => resources.filter(isOne).length
  const now: SoakSample = {
    seconds: Math.round(atMs / 1000),
    heap: heapUsed,
    external,
    rss,
    sockets: count((name) => name === 'TCPSocketWrap'),
    handles: count((name) => name !== 'TCPSocketWrap' && name !== 'Timeout' && name !== 'Immediate'),
    timers: count((name) => name === 'Timeout'),
    calls,
    answered,
    failures: { ...failures },
    late,
  }
  process.stdout.write(`${JSON.stringify(now)}\n`)
}

const startedAt = performance.now()
let sampledAt = 0
for (;;) {
  const elapsedMs = performance.now() - startedAt
  if (elapsedMs >= seconds * 1000) break
  const due = Math.floor((elapsedMs / 1000) * perSecond)
  while (calls + late < due) {
    if (inFlight < concurrency) void call(calls++)
    else late++
  }
  if (elapsedMs - sampledAt >= everyMs) {
    sampledAt = elapsedMs
    sample(elapsedMs)
  }
  await new Promise((resolve) => setTimeout(resolve, 5))
}
while (inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 5))
await llm.unload()
sample(performance.now() - startedAt)
