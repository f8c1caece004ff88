import { z } from 'zod'

/*
 * The bodies of TGI 3.3. What is not named is ignored, as there. `nullish` fields may be null; for the others null is not
 * of their type.
 */

type Optional<T> = T | null | undefined

/** A grammar as it comes over the wire, in the same envelope on both routes. */
export interface WireGrammar {
  readonly type: 'json' | 'json_object' | 'regex' | 'json_schema'
  readonly value: unknown
}

/** `parameters` of the native routes. */
export interface WireParameters {
  readonly best_of?: Optional<number>
  readonly temperature?: Optional<number>
  readonly repetition_penalty?: Optional<number>
  readonly frequency_penalty?: Optional<number>
  readonly top_k?: Optional<number>
  readonly top_p?: Optional<number>
  readonly typical_p?: Optional<number>
  readonly do_sample: boolean
  readonly max_new_tokens?: Optional<number>
  readonly return_full_text?: Optional<boolean>
  readonly stop: readonly string[]
  readonly truncate?: Optional<number>
  readonly watermark: boolean
  readonly details: boolean
  readonly decoder_input_details: boolean
  readonly seed?: Optional<number>
  readonly top_n_tokens?: Optional<number>
  readonly grammar?: Optional<WireGrammar>
  readonly adapter_id?: Optional<string>
}

/** `POST /generate`, `/generate_stream`, `/tokenize` */
export interface GenerateBody {
  readonly inputs: string
  readonly parameters: WireParameters
}

/** `POST /` */
export interface CompatBody extends GenerateBody {
  readonly stream: boolean
}

/** What both routes in OpenAI's form take. */
interface OpenAIBody {
  readonly max_tokens?: Optional<number>
  readonly temperature?: Optional<number>
  readonly top_p?: Optional<number>
  readonly frequency_penalty?: Optional<number>
  readonly seed?: Optional<number>
  readonly stop?: Optional<readonly string[]>
  readonly stream: boolean
  readonly stream_options?: { readonly include_usage: boolean } | undefined
}

/** `POST /v1/chat/completions`, `/chat_tokenize` */
export interface ChatBody extends OpenAIBody {
  readonly messages: readonly Readonly<Record<string, unknown>>[]
  readonly max_completion_tokens?: Optional<number>
  readonly presence_penalty?: Optional<number>
  readonly logprobs?: Optional<boolean>
  readonly top_logprobs?: Optional<number>
  /** Not used, but a list there and a map with OpenAI. */
  readonly logit_bias?: Optional<readonly number[]>
  readonly tools?: Optional<readonly WireTool[]>
  readonly tool_choice?: Optional<string | { readonly function: { readonly name: string } }>
  readonly response_format?: Optional<WireGrammar>
}

interface WireTool {
  readonly function: {
    readonly name: string
    readonly description?: Optional<string>
    readonly parameters?: Optional<Record<string, unknown>>
  }
}

/** `POST /v1/completions` */
export interface CompletionBody extends OpenAIBody {
  readonly prompt: string | readonly string[]
  readonly repetition_penalty?: Optional<number>
  readonly suffix?: Optional<string>
}

const count = z
  .int()
  .min(0)
  .max(2 ** 32 - 1)

/** OpenAI's own form of it has no `value` and is refused. */
const grammar: z.ZodType<WireGrammar> = z.object({
  type: z.enum(['json', 'json_object', 'regex', 'json_schema']),
  value: z.unknown().refine((value) => value !== undefined),
})

const parameters: z.ZodType<WireParameters> = z.object({
  best_of: count.nullish(),
  temperature: z.number().nullish(),
  repetition_penalty: z.number().nullish(),
  frequency_penalty: z.number().nullish(),
  top_k: z.int().nullish(),
  top_p: z.number().nullish(),
  typical_p: z.number().nullish(),
  do_sample: z.boolean().default(false),
  max_new_tokens: count.nullish(),
  return_full_text: z.boolean().nullish(),
  stop: z.array(z.string()).default([]),
  truncate: count.nullish(),
  watermark: z.boolean().default(false),
  details: z.boolean().default(false),
  decoder_input_details: z.boolean().default(false),
  seed: z.number().min(0).nullish(),
  top_n_tokens: count.nullish(),
  grammar: grammar.nullish(),
  adapter_id: z.string().nullish(),
})

const generateShape = {
  inputs: z.string(),
  // Without any parameters it samples.
  parameters: parameters.default(() => parameters.parse({ do_sample: true })),
}

export const generateBody: z.ZodType<GenerateBody> = z.object(generateShape)

export const compatBody: z.ZodType<CompatBody> = z.object({ ...generateShape, stream: z.boolean().default(false) })

const openAIShape = {
  max_tokens: count.nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  frequency_penalty: z.number().nullish(),
  seed: z.number().min(0).nullish(),
  stop: z.array(z.string()).nullish(),
  stream: z.boolean().default(false),
  stream_options: z.object({ include_usage: z.boolean().default(false) }).optional(),
}

const message = z.looseObject({
  role: z.string(),
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]).nullish(),
})

const tool = z.object({
  function: z.object({
    name: z.string(),
    description: z.string().nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
  }),
})

export const chatBody: z.ZodType<ChatBody> = z.object({
  messages: z.array(message),
  ...openAIShape,
  max_completion_tokens: count.nullish(),
  presence_penalty: z.number().nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: count.nullish(),
  logit_bias: z.array(z.number()).nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: z.union([z.string(), z.object({ function: z.object({ name: z.string() }) })]).nullish(),
  response_format: grammar.nullish(),
})

export const completionBody: z.ZodType<CompletionBody> = z.object({
  prompt: z.union([z.string(), z.array(z.string())]),
  ...openAIShape,
  repetition_penalty: z.number().nullish(),
  suffix: z.string().nullish(),
})
