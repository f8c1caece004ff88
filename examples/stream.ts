// An answer token by token, and the whole response at its end. Run: npx tsx examples/stream.ts
import { Xinference } from 'headrace'

import { demoServer } from './support/demo-server.js'

await using server = await demoServer()
await using llm = new Xinference({ endpoint: server.endpoint, modelUid: server.modelUid })

for await (const part of llm.streamChat([{ role: 'user', content: 'Tell me a short story about a fox.' }])) {
  process.stdout.write(part.delta)
  if (part.type === 'finish') {
    const { finishReason, timings } = part.response
    console.log(`\n(${finishReason.unified}; first token after ${Math.round(timings.firstTokenMs ?? 0)} ms)`)
  }
}
