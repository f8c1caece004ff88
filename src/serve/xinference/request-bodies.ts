import { anything, boolean, float, integer, iterable, list, object, oneOf, record, text, union } from './body-checks.js'
import type { Fields } from './body-validation.js'

type Json = Record<string, unknown>

/** The sampling fields of both inference routes. */
interface SamplingBody {
  readonly frequency_penalty?: number | null
  readonly logit_bias?: Json | null
  readonly max_tokens?: number | null
  readonly n?: number | null
  readonly presence_penalty?: number | null
  readonly seed?: number | null
  readonly stop?: string | string[] | null
  readonly stream_options?: Json | null
  readonly temperature?: number
  readonly top_p?: number
  readonly user?: string | null
  readonly echo?: boolean
  readonly repetition_penalty?: number
  readonly stop_token_ids?: number | number[] | null
  readonly stream?: boolean
  readonly stream_interval?: number
  readonly top_k?: number
  readonly lora_name?: string | null
  readonly request_id?: string | null
  readonly chat_template_kwargs?: string | Json | null
}

/** What `POST /v1/chat/completions` takes. */
export interface ChatBody extends SamplingBody {
  readonly messages: Json[]
  readonly model: string
  readonly logprobs?: boolean | null
  readonly max_completion_tokens?: number | null
  readonly parallel_tool_calls?: boolean | null
  readonly response_format?: ResponseFormat | null
  readonly service_tier?: 'auto' | 'default' | null
  readonly tool_choice?: 'none' | 'auto' | 'required' | NamedToolChoice | null
  readonly tools?: unknown[] | null
  readonly top_logprobs?: number | null
  readonly extra_body?: unknown
  /** Not validated: it is read from the raw body. */
  readonly enable_thinking?: unknown
}

/** What `POST /v1/completions` takes. */
export interface CompletionBody extends SamplingBody {
  readonly model: string
  readonly prompt: string
  readonly best_of?: number | null
  readonly logprobs?: number | null
  readonly suffix?: string | null
}

interface ResponseFormat {
  readonly type: 'text' | 'json_object' | 'json_schema'
  readonly json_schema?: JsonSchemaFormat
}

interface JsonSchemaFormat {
  readonly name: string
  readonly description?: string | null
  readonly schema?: Json | null
  readonly strict?: boolean | null
}

interface NamedToolChoice {
  readonly function: { readonly name: string }
  readonly type: 'function'
}

const optional = { isNullable: true } as const
const required = { isRequired: true } as const

const responseFormat = union(
  object<{ readonly type: 'text' }>({ type: { check: oneOf('text'), ...required } }),
  object<{ readonly type: 'json_object' }>({ type: { check: oneOf('json_object'), ...required } }),
  object<{ readonly json_schema: JsonSchemaFormat; readonly type: 'json_schema' }>({
    json_schema: {
      check: object<JsonSchemaFormat>({
        name: { check: text, ...required },
        description: { check: text, ...optional },
        schema: { check: record, ...optional },
        strict: { check: boolean, ...optional },
      }),
      ...required,
    },
    type: { check: oneOf('json_schema'), ...required },
  }),
)

const namedToolChoice = object<NamedToolChoice>({
  function: { check: object<{ readonly name: string }>({ name: { check: text, ...required } }), ...required },
  type: { check: oneOf('function'), ...required },
})

const sampling = {
  frequency_penalty: { check: float(), ...optional },
  logit_bias: { check: record, ...optional },
  max_tokens: { check: integer({ min: 1 }), ...optional },
  n: { check: integer(), ...optional },
  presence_penalty: { check: float(), ...optional },
  seed: { check: integer(), ...optional },
  stop: { check: union(text, list(text)), ...optional },
  stream_options: { check: record, ...optional },
  temperature: { check: float({ min: 0, max: 2 }) },
  top_p: { check: float({ min: 0, max: 1 }) },
  user: { check: text, ...optional },
} as const

const engine = {
  echo: { check: boolean },
  repetition_penalty: { check: float({ min: 0 }) },
  stop_token_ids: { check: union(integer(), list(integer())), ...optional },
  stream: { check: boolean },
  stream_interval: { check: integer() },
  top_k: { check: integer({ min: 0 }) },
  lora_name: { check: text, ...optional },
  request_id: { check: text, ...optional },
  chat_template_kwargs: { check: union(text, record), ...optional },
} as const

/** The fields of a chat request. */
export const chatFields: Fields<ChatBody> = {
  messages: { check: list(record), ...required },
  model: { check: text, ...required },
  logprobs: { check: boolean, ...optional },
  max_completion_tokens: { check: integer(), ...optional },
  ...sampling,
  parallel_tool_calls: { check: boolean, ...optional },
  response_format: { check: responseFormat, ...optional },
  service_tier: { check: oneOf('auto', 'default'), ...optional },
  tool_choice: { check: union(oneOf('none', 'auto', 'required'), namedToolChoice), ...optional },
  tools: { check: iterable, ...optional },
  top_logprobs: { check: integer(), ...optional },
  extra_body: { check: anything, ...optional },
  ...engine,
  enable_thinking: { check: anything, ...optional },
}

/** The fields of a completion request. */
export const completionFields: Fields<CompletionBody> = {
  model: { check: text, ...required },
  prompt: { check: text, ...required },
  best_of: { check: integer(), ...optional },
  logprobs: { check: integer(), ...optional },
  ...sampling,
  suffix: { check: text, ...optional },
  ...engine,
}
