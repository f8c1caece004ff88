/**
 * The measured process of the dataset rows: sends so many rows of a file through `generateDataset`, journal, progress and
 * output included, and prints the CPU that each row took of this process, all its threads. The load is an argument, in
 * JSON.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { ClientFigures } from './client-figures.js'
import type { ClientLoad } from './client.js'
import { messages, modelUid } from './workload.js'

const load = JSON.parse(process.argv[2] ?? '{}') as ClientLoad
const { Xinference, generateDataset } = (await import(load.library)) as typeof import('../src/index.js')
const folder = await mkdtemp(join(tmpdir(), 'headrace-bench-'))

/** Runs so many rows through the engine; the progress is looked at as the command does it. */
async function drive(name: string, count: number): Promise<void> {
  const source = join(folder, `${name}.jsonl`)
  await writeFile(source, `${JSON.stringify({ id: 1, messages })}\n`.repeat(count))
  const llm = new Xinference({ endpoint: load.endpoint, modelUid, wireMode: load.stream ? 'stream' : 'json' })
  const before = process.cpuUsage()
  const startedAt = performance.now()
  const run = generateDataset({
    llm,
    source,
    sink: join(folder, `${name}.out.jsonl`),
    concurrency: load.concurrency,
  })
  const timer = setInterval(() => run.progress, 200)
  const { counts } = await run
  clearInterval(timer)
  const { user, system } = process.cpuUsage(before)
  figures = { cpu: (user + system) / count, wall: ((performance.now() - startedAt) * 1000) / count }
  await llm.unload()
  if (counts.ok !== count) throw new Error(`Only ${counts.ok} of ${count} rows are ok.`)
}

let figures: ClientFigures = { cpu: 0, wall: 0 }
try {
  await drive('warm-up', load.warmUp)
  await drive('measured', load.count)
} finally {
  await rm(folder, { recursive: true })
}
process.stdout.write(`${JSON.stringify(figures)}\n`)
process.exit()
