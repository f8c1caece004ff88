// An answer that is what a schema says, from a serverless model. Run: npx tsx examples/serverless-schema.ts
import { z } from 'zod'

import { InferenceEndpointsLLM } from 'headrace'

import { demoRouter, demoTokenizer } from './support/hugging-face.js'

const User = z.object({ name: z.string(), last_name: z.string(), id: z.int() })
const modelId = 'meta-llama/Meta-Llama-3.1-70B-Instruct'
await using server = await demoRouter(modelId)
await using llm = await new InferenceEndpointsLLM({
  modelId,
  tokenizerId: demoTokenizer,
  apiKey: server.apiKey,
  routerUrl: server.routerUrl,
  structuredOutput: { format: 'json', schema: User },
}).load()
const question = 'Create a user profile for the Tour de France.'
const [output] = await llm.generate([[{ role: 'user', content: question }]], { temperature: 0 })
console.log(User.parse(JSON.parse(output?.generations[0] ?? '')))
