// Magpie: instructions and answers out of nothing. Run: npx tsx examples/magpie.ts
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { candidates, generateDataset, magpieTask } from 'headrace'
import { LlamaCpp } from 'headrace/llama-cpp'

import { demoModelPath } from './support/demo-server.js'

await using llm = new LlamaCpp({ modelPath: demoModelPath })

const folder = await mkdtemp(join(tmpdir(), 'headrace-example-'))
const run = generateDataset({
  llm,
  source: candidates(),
  task: magpieTask({ numRows: 5, seed: 1, response: { maxTokens: 40 } }),
  folder,
})
const pairs: string[] = []
for await (const { columns } of run) pairs.push(`${String(columns['instruction'])}\n  ${String(columns['response'])}`)
const { rows, selection } = await run
console.log(`${rows} rows of ${selection?.candidates} candidates; not kept: ${JSON.stringify(selection?.rejected)}`)
for (const pair of pairs) console.log(pair.replaceAll(/\n(?! {2})/g, ' '))
await rm(folder, { recursive: true })
