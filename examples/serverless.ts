// A model of the Hub by its name, through Inference Providers. Run: npx tsx examples/serverless.ts
import { InferenceEndpointsLLM } from 'headrace'

import { demoRouter } from './support/hugging-face.js'

const modelId = 'meta-llama/Meta-Llama-3.1-70B-Instruct'
await using server = await demoRouter(modelId)

// For Hugging Face itself, leave routerUrl out and give your token.
await using llm = await new InferenceEndpointsLLM({
  modelId,
  apiKey: server.apiKey,
  routerUrl: server.routerUrl,
}).load()
const [output] = await llm.generate([[{ role: 'user', content: 'What is the capital of Norway?' }]])
console.log(llm.modelName, output?.generations, output?.statistics)
