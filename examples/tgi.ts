// A TGI server by its address, asked by literal text in the model's own template. Run: npx tsx examples/tgi.ts
import { InferenceEndpointsLLM } from 'headrace'

import { demoTgi, demoTokenizer } from './support/hugging-face.js'

await using server = await demoTgi()
await using llm = await new InferenceEndpointsLLM({
  baseUrl: server.baseUrl,
  apiKey: server.apiKey,
  tokenizerId: demoTokenizer,
}).load()
const [output] = await llm.generate([[{ role: 'user', content: 'What is the capital of Norway?' }]])
console.log(output?.responses[0]?.route, output?.generations, output?.statistics)
