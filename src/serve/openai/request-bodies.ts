import { z } from 'zod'

import { badRequest } from './openai-failure.js'

/* The bodies of OpenAI's routes. A field that is not known is ignored; null is as if it were not there. */

type Optional<T> = T | null | undefined
type Json = Record<string, unknown>

/** What both routes take. */
interface CommonBody {
  readonly model: string
  readonly max_tokens?: Optional<number>
  readonly temperature?: Optional<number>
  readonly top_p?: Optional<number>
  readonly frequency_penalty?: Optional<number>
  readonly presence_penalty?: Optional<number>
  readonly seed?: Optional<number>
  readonly stop?: Optional<string | readonly string[]>
  readonly n?: Optional<number>
  readonly stream?: Optional<boolean>
  readonly stream_options?: Optional<{ readonly include_usage?: Optional<boolean> }>
}

/** `POST /v1/chat/completions` */
export interface ChatBody extends CommonBody {
  readonly messages: readonly Readonly<Json>[]
  readonly max_completion_tokens?: Optional<number>
  readonly logprobs?: Optional<boolean>
  readonly top_logprobs?: Optional<number>
  readonly response_format?: Optional<ResponseFormat>
  readonly tools?: Optional<readonly WireTool[]>
  readonly tool_choice?: Optional<'none' | 'auto' | 'required' | { readonly function: { readonly name: string } }>
  readonly parallel_tool_calls?: Optional<boolean>
}

export interface WireTool {
  readonly function: {
    readonly name: string
    readonly description?: Optional<string>
    readonly parameters?: Optional<Json>
  }
}

type ResponseFormat =
  | { readonly type: 'text' }
  /** `value` is huggingface_hub's place for a schema, whatever the server, `schema` llama.cpp's. */
  | { readonly type: 'json_object'; readonly value?: Optional<Json>; readonly schema?: Optional<Json> }
  | { readonly type: 'json_schema'; readonly json_schema: { readonly name: string; readonly schema: Json } }

/** `POST /v1/completions` */
export interface CompletionBody extends CommonBody {
  /** One text, or several, each with an answer of its own. */
  readonly prompt: string | readonly string[]
  readonly logprobs?: Optional<number>
}

const json = z.record(z.string(), z.unknown())

const common = {
  model: z.string(),
  max_tokens: z.int().min(1).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  n: z.int().min(1).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
}

const responseFormat: z.ZodType<ResponseFormat> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object'), value: json.nullish(), schema: json.nullish() }),
  z.object({ type: z.literal('json_schema'), json_schema: z.object({ name: z.string(), schema: json }) }),
])

const tool: z.ZodType<WireTool> = z.object({
  function: z.object({ name: z.string(), description: z.string().nullish(), parameters: json.nullish() }),
})

export const chatBody: z.ZodType<ChatBody> = z.object({
  ...common,
  messages: z.array(z.looseObject({ role: z.string() })).min(1),
  max_completion_tokens: z.int().min(1).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  response_format: responseFormat.nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: z
    .union([z.enum(['none', 'auto', 'required']), z.object({ function: z.object({ name: z.string() }) })])
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
})

export const completionBody: z.ZodType<CompletionBody> = z.object({
  ...common,
  prompt: z.union([z.string(), z.array(z.string()).min(1)], { error: 'expected text, or a list of texts' }),
  logprobs: z.int().min(0).max(5).nullish(),
})

/** @throws OpenAIFailure 400 */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const { success, data, error } = schema.safeParse(body)
  if (success) return data
  const [issue] = error.issues
  const path = issue?.path.map(String).join('.') ?? ''
  throw badRequest(path === '' ? `The body is wrong: ${issue?.message}` : `${path}: ${issue?.message}`)
}
