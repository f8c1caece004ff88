// A model as JSON and back; the key never is in it. Run: npx tsx examples/save-and-load.ts
import { fromJSON, Xinference } from 'headrace'

import { demoServer } from './support/demo-server.js'

await using server = await demoServer()
process.env['XINFERENCE_API_KEY'] = 'sk-not-in-the-file'
const { endpoint, modelUid } = server
await using llm = new Xinference({ endpoint, modelUid, temperature: 0, apiKey: { env: 'XINFERENCE_API_KEY' } })

const text = JSON.stringify(llm, undefined, 2)
console.log(text)

await using copy = fromJSON(JSON.parse(text))
console.log((await copy.complete('Spell the word horse.')).text)
