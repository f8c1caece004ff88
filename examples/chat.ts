// A conversation of two turns. Run: npx tsx examples/chat.ts
import { type ChatMessage, Xinference } from 'headrace'

import { demoServer } from './support/demo-server.js'

await using server = await demoServer()
await using llm = new Xinference({ endpoint: server.endpoint, modelUid: server.modelUid, temperature: 0 })

const messages: ChatMessage[] = [{ role: 'user', content: 'What is the capital of Norway?' }]
const first = await llm.chat(messages)
console.log(first.text)

messages.push(first.message, { role: 'user', content: 'And what is 12 + 7?' })
const second = await llm.chat(messages)
console.log(second.text, second.usage)
