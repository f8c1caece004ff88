/** Both families of methods are on every back end, with the same types: code moves by changing a constructor. */
import { expectTypeOf } from 'vitest'
import * as z from 'zod'

import {
  type ChatMessage,
  type ChatResponse,
  type ChatStream,
  type CompletionResponse,
  type CompletionStream,
  type ErrorCode,
  type GenerateOneResult,
  type GenerateOutput,
  HeadraceError,
  type LLM,
  type LLMMetadata,
  Xinference,
  fromJSON,
} from 'headrace'
import { LlamaCpp } from 'headrace/llama-cpp'

const User = z.object({ name: z.string(), age: z.number().optional() })
type User = z.output<typeof User>

const messages: readonly ChatMessage[] = [{ role: 'user', content: 'Who are you?' }]
const xinference = new Xinference({ endpoint: 'http://127.0.0.1:9997', modelUid: 'qwen3' })
const llamaCpp = new LlamaCpp({ modelPath: 'model.gguf' })

// Every back end is an LLM, and `load` gives back the class it was called on.
expectTypeOf(xinference).toExtend<LLM>()
expectTypeOf(llamaCpp).toExtend<LLM>()
expectTypeOf(xinference.load()).resolves.toEqualTypeOf<Xinference>()
expectTypeOf(llamaCpp.load()).resolves.toEqualTypeOf<LlamaCpp>()
expectTypeOf(xinference.metadata).toEqualTypeOf<LLMMetadata>()
expectTypeOf(fromJSON).returns.toExtend<LLM | Promise<LLM>>()

declare const llm: LLM

// Answers.
expectTypeOf(llm.complete('Name two colors.')).resolves.toEqualTypeOf<CompletionResponse>()
expectTypeOf(llm.complete('Roses are', { raw: true, maxTokens: 5 })).resolves.toEqualTypeOf<CompletionResponse>()
expectTypeOf(llm.chat(messages)).resolves.toEqualTypeOf<ChatResponse>()
expectTypeOf(llm.streamComplete('Hello')).toEqualTypeOf<CompletionStream>()
expectTypeOf(llm.streamChat(messages)).toEqualTypeOf<ChatStream>()
expectTypeOf(llm.generate(['Hello', { prompt: 'Hi', raw: true }])).resolves.toEqualTypeOf<GenerateOutput[]>()
expectTypeOf(llm.generateOne(messages, { sample: 1 })).resolves.toEqualTypeOf<GenerateOneResult>()

// A zod schema types the parsed value; a JSON Schema promises nothing.
const format = 'json'
expectTypeOf(llm.chat(messages, { structuredOutput: { format, schema: User } })).resolves.toEqualTypeOf<
  ChatResponse<User>
>()
expectTypeOf(llm.complete('Hello', { structuredOutput: { format, schema: User } })).resolves.toEqualTypeOf<
  CompletionResponse<User>
>()
expectTypeOf(llm.streamChat(messages, { structuredOutput: { format, schema: User } })).toEqualTypeOf<ChatStream<User>>()
expectTypeOf<ChatResponse<User>['parsed']>().toEqualTypeOf<User | undefined>()
expectTypeOf(
  llm.chat(messages, { structuredOutput: { format, schema: { type: 'object' } } }),
).resolves.toEqualTypeOf<ChatResponse>()

// The other formats give the text, on every back end.
void llamaCpp.chat(messages, { structuredOutput: { format: 'regex', schema: String.raw`\d+` } })
void llamaCpp.complete('Once', { raw: true, structuredOutput: { format: 'choice', schema: ['a', 'b'] } })
void llamaCpp.chat(messages, { structuredOutput: { format: 'grammar', schema: 'root ::= "a"' } })
// @ts-expect-error: a choice is of texts.
void llamaCpp.chat(messages, { structuredOutput: { format: 'choice', schema: [1] } })
// @ts-expect-error: a pattern is a text.
void llamaCpp.chat(messages, { structuredOutput: { format: 'regex', schema: /a/ } })
expectTypeOf(llamaCpp.chat(messages, { structuredOutput: { format, schema: User } })).resolves.toEqualTypeOf<
  ChatResponse<User>
>()

// The stream's vocabulary is closed: after these five there is nothing.
for await (const part of llm.streamChat(messages)) {
  expectTypeOf(part.delta).toEqualTypeOf<string>()
  if (part.type === 'text') expectTypeOf(part.logprobs).toExtend<readonly unknown[] | undefined>()
  else if (part.type === 'reasoning') expectTypeOf(part.reasoningDelta).toEqualTypeOf<string>()
  else if (part.type === 'tool-call') expectTypeOf(part.argumentsDelta).toEqualTypeOf<string>()
  else if (part.type === 'restart') expectTypeOf(part.attempt).toEqualTypeOf<number>()
  else if (part.type === 'finish') expectTypeOf(part.response).toEqualTypeOf<ChatResponse>()
  else expectTypeOf(part).toEqualTypeOf<never>()
}

// Errors: one family, whose codes are a closed list of literals.
declare const error: unknown
if (error instanceof HeadraceError) {
  expectTypeOf(error.code).toEqualTypeOf<ErrorCode>()
  expectTypeOf(error.isRetryable).toEqualTypeOf<boolean>()
  // @ts-expect-error: no such code.
  console.assert(error.code !== 'NO_SUCH_CODE')
}

// Options: what is absent may be undefined, what is unknown or of a wrong type is refused.
declare const maybe: number | undefined
void llm.complete('Hello', { maxTokens: maybe, stop: ['\n'] as const })
// @ts-expect-error: a number is wanted.
void llm.complete('Hello', { maxTokens: '20' })
// @ts-expect-error: the name is maxTokens.
void llm.complete('Hello', { max_tokens: 20 })
// @ts-expect-error: a chat is never sent as literal text.
void llm.chat(messages, { raw: true })
// @ts-expect-error: no such role.
void llm.chat([{ role: 'developer', content: 'Hello' }])
// @ts-expect-error: an answer cannot be written to.
;(await llm.chat(messages)).text = ''
// @ts-expect-error: an endpoint is wanted, or an environment variable; its name is not `baseUrl` here.
void new Xinference({ baseUrl: 'http://127.0.0.1:9997', modelUid: 'qwen3' })
