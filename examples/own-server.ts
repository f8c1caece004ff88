// Serving a model with Xinference's routes, which OpenAI clients speak too. Run: npx tsx examples/own-server.ts
import { LlamaCpp } from 'headrace/llama-cpp'
import { serve } from 'headrace/serve'

import { demoModelPath } from './support/demo-server.js'

await using llm = new LlamaCpp({ modelPath: demoModelPath })
await using server = await serve(llm, {
  port: 0,
  modelUid: 'my-model',
  apiKey: 'sk-my-key',
  onRequest: ({ method, path, status }) => console.log(method, path, status),
})

const response = await fetch(`${server.url}/v1/chat/completions`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer sk-my-key' },
  body: JSON.stringify({ model: 'my-model', messages: [{ role: 'user', content: 'What is 7 + 8?' }], temperature: 0 }),
})
const answer = (await response.json()) as { choices: { message: { content: string } }[] }
console.log(answer.choices[0]?.message.content)
