// Compiled, not run, in a new project that has the packed package: the declarations are whole, and the types hold.
import { HeadraceError, Xinference, fromJSON, type ChatResponse } from 'headrace'
import { LlamaCpp } from 'headrace/llama-cpp'
import { createServer, serve } from 'headrace/serve'
import * as z from 'zod'

const schema = z.object({ name: z.string(), age: z.number() })
const messages = [{ role: 'user', content: 'Who are you?' }] as const

export async function ask(llm: Xinference | LlamaCpp): Promise<string> {
  await llm.load()
  const answer: ChatResponse = await llm.chat(messages, { maxTokens: 20 })
  const user = await llm.chat(messages, { structuredOutput: { format: 'json', schema } })
  const age: number | undefined = user.parsed?.age
  for await (const part of llm.streamChat(messages)) process.stdout.write(part.delta)
  return `${answer.text} ${String(age)}`
}

export async function main(): Promise<void> {
  const xinference = new Xinference({ endpoint: 'http://127.0.0.1:9997', modelUid: 'qwen3' })
  const embedded = new LlamaCpp({ modelPath: 'model.gguf' })
  try {
    await ask(xinference)
    await ask(embedded)
    fromJSON(xinference.toJSON())
  } catch (error) {
    if (error instanceof HeadraceError && error.isRetryable) process.stdout.write(error.code)
  }
  // @ts-expect-error: an option with a wrong type is refused.
  await xinference.complete('Hello', { maxTokens: '20' })
}

export const server: readonly unknown[] = [createServer, serve]
