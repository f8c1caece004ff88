/** What a schema types: the value of an answer, the growing one of a stream, and what a template is filled for. */
import { expectTypeOf } from 'vitest'
import * as z from 'zod'

import {
  type ChatResponse,
  type DeepPartial,
  type InferenceEndpointsLLM,
  type LLM,
  type OutputReport,
  type SchemaLike,
  type TruncatedOutputError,
  Xinference,
} from 'headrace'
import { LlamaCpp } from 'headrace/llama-cpp'

const User = z.object({
  name: z.string(),
  age: z.number().default(7),
  tags: z.array(z.object({ label: z.enum(['new', 'vip']), since: z.string().optional() })),
  address: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('street'), street: z.string() }),
    z.object({ kind: z.literal('box'), box: z.number() }),
  ]),
})
type User = z.output<typeof User>
const structuredOutput = { format: 'json', schema: User, maxAttempts: 3, strict: true } as const
const messages = [{ role: 'user', content: 'Who?' }] as const

declare const llm: LLM
declare const xinference: Xinference
declare const endpoints: InferenceEndpointsLLM
declare const llamaCpp: LlamaCpp

// Every class, every method.
for (const each of [llm, xinference, endpoints, llamaCpp]) {
  expectTypeOf(each.chat(messages, { structuredOutput })).resolves.toEqualTypeOf<ChatResponse<User>>()
  expectTypeOf(each.structuredPredict(User, 'Who is {who}?', { who: 'Ada' })).resolves.toEqualTypeOf<User>()
}
const response = await endpoints.complete('Who?', { structuredOutput })
expectTypeOf(response.parsed).toEqualTypeOf<User | undefined>()
expectTypeOf(response.structuredOutput).toEqualTypeOf<OutputReport | undefined>()

// Anything of Standard Schema.
declare const other: SchemaLike<{ readonly id: bigint }>
expectTypeOf(llm.structuredPredict(other, messages)).resolves.toEqualTypeOf<{ readonly id: bigint }>()
expectTypeOf(llm.structuredPredict({ type: 'object' }, 'Who?')).resolves.toBeUnknown()

// The growing value: everything may be missing yet.
for await (const part of xinference.streamChat(messages, { structuredOutput })) {
  if (part.type === 'text') {
    expectTypeOf(part.partial).toEqualTypeOf<DeepPartial<User> | undefined>()
    expectTypeOf(part.partial?.tags?.[0]?.label).toEqualTypeOf<'new' | 'vip' | undefined>()
    expectTypeOf(part.partial?.address?.kind).toEqualTypeOf<'street' | 'box' | undefined>()
    // @ts-expect-error: no such member.
    void part.partial?.surname
  } else if (part.type === 'finish') expectTypeOf(part.response.parsed).toEqualTypeOf<User | undefined>()
}

// On the class, and on an input.
void new Xinference({ modelUid: 'qwen3', structuredOutput })
void new LlamaCpp({ modelPath: 'model.gguf', structuredOutput: { format: 'choice', schema: ['a', 'b'] } })
void llm.generate([[messages, structuredOutput], { prompt: 'Who?', structuredOutput }, [messages, null]])
// @ts-expect-error: a number is wanted.
void llm.chat(messages, { structuredOutput: { format: 'json', schema: User, maxAttempts: '2' } })
// @ts-expect-error: one output, which is in the first argument.
void llm.structuredPredict(User, 'Who?', {}, { structuredOutput })

expectTypeOf<TruncatedOutputError['code']>().toEqualTypeOf<'OUTPUT_TRUNCATED'>()
