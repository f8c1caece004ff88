// A model file in this process, without a server. Run: npx tsx examples/llama-cpp.ts [MODEL.gguf]
import { LlamaCpp } from 'headrace/llama-cpp'

import { demoModelPath } from './support/demo-server.js'

await using llm = await new LlamaCpp({ modelPath: process.argv[2] ?? demoModelPath, temperature: 0 }).load()
console.log(llm.metadata.modelName, llm.metadata.contextWindow)

const { text, usage } = await llm.chat([{ role: 'user', content: 'Sort these numbers: 9, 3, 27, 14.' }])
console.log(text, usage.outputTokens)
