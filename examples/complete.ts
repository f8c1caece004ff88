// complete() asks; with raw it continues literal text. Run: npx tsx examples/complete.ts
import { Xinference } from 'headrace'

import { demoServer } from './support/demo-server.js'

await using server = await demoServer()
await using llm = new Xinference({ endpoint: server.endpoint, modelUid: server.modelUid, temperature: 0 })

const asked = await llm.complete('Name two colors.')
console.log(asked.text)

const prompt = 'Once there was a'
const continued = await llm.complete(prompt, { raw: true, stop: '.' })
console.log(`${prompt}${continued.text}.`)
