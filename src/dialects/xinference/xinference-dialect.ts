import type { Capabilities } from '../../contract/capabilities.js'
import type { Dialect, ErrorAnswer, StreamReader, WireRequest } from '../../contract/dialect.js'
import type { AnswerSink, CanonicalRequest } from '../../contract/engine.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import { compileMessages, compileToolChoice, compileTools } from '../openai/compile-messages.js'
import { readAnswer } from '../openai/read-answer.js'
import { OpenAIStreamReader } from '../openai/stream-reader.js'
import { gapsOf, takesJsonSchema } from './engine-gaps.js'
import { readError, readStreamError } from './read-error.js'

/** What the dialect needs to know of a model. */
export interface XinferenceModel {
  readonly modelUid: string
  /** `model_engine`; in the model list since server 3.1. */
  readonly engine: string | undefined
  /** `model_ability`; absent on the oldest servers. */
  readonly abilities: readonly string[] | undefined
  /** A virtual model (token router) takes chats only. */
  readonly isVirtual: boolean
}

/** Xinference's HTTP API, servers 0.8 to 4.1. */
export class XinferenceDialect implements Dialect {
  readonly capabilities: Capabilities
  readonly #modelUid: string
  readonly #hasInlineThinking: boolean

  constructor({ modelUid, engine, abilities, isVirtual }: XinferenceModel) {
    const can = (...names: string[]): boolean => names.some((name) => abilities?.includes(name) ?? false)
    this.#modelUid = modelUid
    this.#hasInlineThinking = can('reasoning', 'hybrid')
    this.capabilities = {
      chat: abilities === undefined || can('chat'),
      completion: !isVirtual,
      vision: can('vision', 'omni'),
      tools: abilities === undefined || can('tools'),
      constraints: takesJsonSchema(engine) ? { chat: { json: 'response_format' } } : {},
      unsupported: gapsOf(engine, abilities),
    }
  }

  compile(request: CanonicalRequest): WireRequest {
    const body: Record<string, unknown> = { model: this.#modelUid }
    if (request.kind === 'chat') body['messages'] = compileMessages(request.messages ?? [])
    else body['prompt'] = request.prompt
    compileOptions(request, body)
    if (request.stream) {
      body['stream'] = true
      body['stream_options'] = { include_usage: true }
    }
    if (request.constraint?.format === 'json') {
      const { name, schema } = request.constraint
      body['response_format'] = { type: 'json_schema', json_schema: { name, schema, strict: true } }
    }
    if (request.options.extraBody !== undefined) Object.assign(body, request.options.extraBody)
    return { path: request.kind === 'chat' ? '/v1/chat/completions' : '/v1/completions', body }
  }

  read(answer: unknown, kind: CanonicalRequest['kind'], sink: AnswerSink): void {
    readAnswer(answer, kind, sink, this.#hasInlineThinking)
  }

  createStreamReader(kind: CanonicalRequest['kind']): StreamReader {
    return new OpenAIStreamReader({ kind, hasInlineThinking: this.#hasInlineThinking, readStreamError })
  }

  readError(answer: ErrorAnswer): HeadraceError {
    return readError(answer)
  }
}

/** Options whose value goes over as it is. */
const sameValue = {
  maxTokens: 'max_tokens',
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  repetitionPenalty: 'repetition_penalty',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  seed: 'seed',
  stop: 'stop',
  stopTokenIds: 'stop_token_ids',
  parallelToolCalls: 'parallel_tool_calls',
  chatTemplateKwargs: 'chat_template_kwargs',
  reasoning: 'enable_thinking',
} as const

function compileOptions({ kind, options }: CanonicalRequest, body: Record<string, unknown>): void {
  // Null crashes engines and unset fields must stay unset: only what is there is written.
  for (const name in sameValue) {
    const option = name as keyof typeof sameValue
    const value = options[option]
    if (value !== undefined) body[sameValue[option]] = value
  }
  const { logprobs, tools, toolChoice } = options
  if (logprobs !== undefined && logprobs !== false) {
    if (kind === 'completion') body['logprobs'] = logprobs === true ? 1 : logprobs
    else {
      body['logprobs'] = true
      if (logprobs !== true) body['top_logprobs'] = logprobs
    }
  }
  if (tools !== undefined && tools.length > 0) body['tools'] = compileTools(tools)
  if (toolChoice !== undefined) body['tool_choice'] = compileToolChoice(toolChoice)
}
