// Watching calls: what goes out, what comes back, how it ends. Run: npx tsx examples/callbacks.ts
import { CallbackManager, Xinference } from 'headrace'

import { demoServer } from './support/demo-server.js'

const callbackManager = new CallbackManager()
callbackManager.on('llm-start', ({ kind, prompt }) => console.log(`start: ${kind} ${prompt ?? ''}`))
callbackManager.on('llm-stream', ({ part }) => console.log(`part:  ${JSON.stringify(part.delta)}`))
callbackManager.on('llm-end', ({ response }) => console.log(`end:   ${response.usage.outputTokens} tokens`))
callbackManager.on('llm-error', ({ error }) => console.log(`error: ${error.code}`))

await using server = await demoServer()
await using llm = new Xinference({ endpoint: server.endpoint, modelUid: server.modelUid, callbackManager })

await llm.streamComplete('What is the capital of Peru?', { temperature: 0 }).response()
