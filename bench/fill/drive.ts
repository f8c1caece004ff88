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
  /** Simulated seconds in a real one at most. */
  readonly timeScale: number
  /** @defaultValue 6000: long enough for any answer that is drawn */
  readonly maxTokens?: number | undefined
}

export interface Driven {
  readonly summary: RunSummary
  readonly servers: readonly SimulatedServer[]
  readonly reports: readonly SimulationReport[]
  /** When the last row was asked for the first time: until then a run can be held to fill its servers. */
  readonly lastRowMs: number
}

/** Runs so many rows through `generateDataset` with one time for it and the servers. `look` sees the servers before they close. */
export async function drive<T>(
  { library, servers: options, rows, concurrency, timeScale, maxTokens = 6000 }: Drive,
  look: (driven: Driven) => T,
): Promise<T> {
  const time = new LockstepTime(timeScale)
  const asked = new Set<string>()
  let lastRowMs = 0
  const onArrival = (prompt: string): void => {
    if (asked.has(prompt)) return
    asked.add(prompt)
    lastRowMs = time.now()
  }
  const servers = await Promise.all(options.map((each) => SimulatedServer.start(each, time, onArrival)))
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
      { llm, source, folder: join(folder, 'run'), concurrency },
      { runtime: time },
    )
    const reports = servers.map((server) => server.report())
    return look({ summary, servers, reports, lastRowMs })
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
