import { LlamaCpp } from 'headrace/llama-cpp'

const path = process.argv[2]
try {
  await new LlamaCpp({ modelPath: path }).load()
  console.log(JSON.stringify({ loaded: true }))
} catch (error) {
  console.log(JSON.stringify({ code: error.code, message: error.message }))
}
