// A dataset: every row through a model, in a run that can be interrupted. Run: npx tsx examples/dataset.ts
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { generateDataset, templateTask, Xinference } from 'headrace'

import { demoServer } from './support/demo-server.js'

await using server = await demoServer()
await using llm = new Xinference({ endpoint: server.endpoint, modelUid: server.modelUid, temperature: 0 })

const folder = await mkdtemp(join(tmpdir(), 'headrace-example-'))
const options = {
  llm,
  source: ['Norway', 'Peru', 'Kenya'].map((country) => ({ country })),
  task: templateTask({ template: 'What is the capital of {{ country }}?' }),
  sink: join(folder, 'capitals.jsonl'),
}
const run = generateDataset(options)
for await (const { index, status, columns } of run) console.log(index, status, columns.generation)
console.log((await run).counts.ok, 'rows are safe')
console.log((await readFile(options.sink, 'utf8')).split('\n')[0])

// The same again: everything is in the journal.
console.log((await generateDataset(options)).requestsNow, 'requests')
await rm(folder, { recursive: true })
