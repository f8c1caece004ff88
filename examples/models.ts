// The models of a server: all of them, and one in detail. Run: npx tsx examples/models.ts
import { XinferenceClient } from 'headrace'

import { demoServer } from './support/demo-server.js'

await using server = await demoServer()
await using client = new XinferenceClient({ endpoint: server.endpoint })

for (const { id, model_type: type, context_length: tokens, model_ability: abilities } of await client.listModels()) {
  console.log(`${id}: ${type}, context window of ${tokens} tokens, ${abilities?.join(' and ')}`)
}
const description = await client.describeModel(server.modelUid)
console.log(`${server.modelUid} is a ${description.model_name} on ${description.model_engine}.`)
