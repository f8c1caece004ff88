// Many prompts, several answers each, at once. Run: npx tsx examples/generate.ts
import { Xinference } from 'headrace'

import { demoServer } from './support/demo-server.js'

await using server = await demoServer()
await using llm = new Xinference({ endpoint: server.endpoint, modelUid: server.modelUid, temperature: 1 })

const animals = ['fox', 'owl', 'horse']
const prompts = animals.map((animal) => ({ prompt: `Write a tiny story about a ${animal}.` }))
// The seed makes the same texts next time; each sample has its own, derived from it.
const outputs = await llm.generate(prompts, { numGenerations: 2, seed: 7, concurrency: 4 })

for (const [index, { generations, statistics }] of outputs.entries()) {
  console.log(animals[index], statistics.outputTokens)
  for (const text of generations) console.log(`  ${text ?? '(failed)'}`)
}
