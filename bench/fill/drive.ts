import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { RunSummary } from '../../src/index.js'
import { LockstepTime } from '../simulated-server/lockstep-time.js'
import { randomFrom } from '../simulated-server/random-number.js'
import type { SimulatedServerOptions } from '../simulated-server/server-options.js'
import { SimulatedServer } from '../simulated-server/simulated-server.js'
import type { SimulationReport } from '../simulated-server/simulation-report.js'

export type Library = typeof import('../../src/index.js')

export interface Drive {
  readonly library: Library
  /** One endpoint each. */
  readonly servers: readonly SimulatedServerOptions[]
  readonly rows: number
  /** `undefined`: nothing is said, which is what is measured. */
  readonly concurrency?: number | undefined
  /**
   * Ask late rows a second time. These requests come when all rows were taken, and a run is held to be over with its last
   * new row. @defaultValue false
   */
  readonly hedge?: boolean | undefined
  /** Simulated seconds in a real one at most. */
  readonly timeScale: number
}

export interface Driven {
  readonly summary: RunSummary
  readonly servers: readonly SimulatedServer[]
  readonly reports: readonly SimulationReport[]
  /** Of the last row that a server was asked for. */
  readonly lastArrivalMs: number
  readonly realMs: number
}

/** Long enough for any answer that is drawn. */
const maxTokens = 6000

/** Runs so many rows through `generateDataset` with one time for it and the servers. `look` sees the servers before they close. */
export async function drive<T>(
  { library, servers: options, rows, concurrency, hedge = false, timeScale }: Drive,
  look: (driven: Driven) => T,
): Promise<T> {
  const time = new LockstepTime(timeScale)
  const startedAt = performance.now()
  const servers = await Promise.all(options.map((each) => SimulatedServer.start(each, time)))
  const folder = await mkdtemp(join(tmpdir(), 'headrace-fill-'))
  const llms = servers.map(
    ({ url }) =>
      new library.InferenceEndpointsLLM({ baseUrl: url, generationKwargs: { maxTokens } }, { runtime: time }),
  )
  try {
    const [first] = llms
    const llm = (llms.length === 1 ? first : llms) as NonNullable<typeof first>
    const source = Array.from({ length: rows }, (_, row) => ({ prompt: promptOf(row) }))
    const summary = await library.generateDataset(
      { llm, source, folder: join(folder, 'run'), concurrency, hedge },
      { runtime: time },
    )
    const reports = servers.map((server) => server.report())
    const lastArrivalMs = Math.max(0, ...reports.map((report) => report.lastArrivalMs ?? 0))
    return look({ summary, servers, reports, lastArrivalMs, realMs: performance.now() - startedAt })
  } finally {
    await Promise.all(llms.map((llm) => llm.unload()))
    await Promise.all(servers.map((server) => server.close()))
    time.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** 30 to 130 tokens, another one for each row. */
function promptOf(row: number): string {
  const words = 10 + Math.floor(randomFrom(7, row) * 70)
  return `Question ${row}: ${'what does the water do next '.repeat(words).slice(0, words * 5)}?`
}
