// Stopping an answer: by a signal, with what had arrived, or by leaving the loop. Run: npx tsx examples/abort.ts
import { isHeadraceError, Xinference } from 'headrace'

import { demoServer } from './support/demo-server.js'

await using server = await demoServer()
await using llm = new Xinference({ endpoint: server.endpoint, modelUid: server.modelUid })
const messages = [{ role: 'user', content: 'Tell me a short story about a bear.' }] as const

const stop = new AbortController()
let parts = 0
try {
  for await (const part of llm.streamChat(messages, { signal: stop.signal })) {
    if (part.type === 'text' && ++parts === 5) stop.abort()
  }
} catch (error) {
  if (!isHeadraceError(error)) throw error
  console.log(error.code, JSON.stringify(error.partial?.text))
}

for await (const part of llm.streamChat(messages)) {
  if (part.text.length > 30) break // closes the connection; the server stops
}
console.log('left')
