// A dedicated Inference Endpoint, which is woken up if it sleeps. Run: npx tsx examples/dedicated.ts
import { InferenceEndpointsLLM } from 'headrace'

import { demoEndpoint } from './support/hugging-face.js'

await using server = await demoEndpoint('acme', 'my-llm')

// For Hugging Face itself, leave managementUrl out and give your token.
await using llm = await new InferenceEndpointsLLM({
  endpointName: 'my-llm',
  endpointNamespace: 'acme',
  apiKey: server.apiKey,
  managementUrl: server.managementUrl,
}).load()
const [output] = await llm.generate([[{ role: 'user', content: 'What is the capital of Norway?' }]])
console.log(llm.modelName, output?.generations, output?.statistics)
