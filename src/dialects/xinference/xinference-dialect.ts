import type { Capabilities } from '../../contract/capabilities.js'
import type { AnswerContext, Dialect, ErrorAnswer, StreamReader, WireRequest } from '../../contract/dialect.js'
import type { AnswerSink, CanonicalRequest } from '../../contract/engine.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import { compileMessages, compileToolChoice, compileTools } from '../openai/compile-messages.js'
import { readAnswer } from '../openai/read-answer.js'
import { OpenAIStreamReader } from '../openai/stream-reader.js'
import type { InlineThinking } from '../openai/think-splitter.js'
import {
  compileConstraint,
  type ConstraintFields,
  constraintFieldsOf,
  constraintsOf,
  whitespaceRoutes,
} from './constraints.js'
import { gapsOf } from './engine-gaps.js'
import type { XinferenceModel } from './read-description.js'
import { readError, readStreamError } from './read-error.js'
import { readMissingReplica } from './replica-error.js'

/** Families that take tools on servers that list no such ability yet (0.8). */
const oldToolFamilies = ['chatglm3', 'gorilla-openfunctions-v1', 'qwen-chat']

/** Xinference's HTTP API, servers 0.8 to 4.1. */
export class XinferenceDialect implements Dialect {
  readonly capabilities: Capabilities
  readonly #modelUid: string
  readonly #thinks: 'never' | 'switchable' | 'always'
  readonly #constraintFields: ConstraintFields
  readonly #streamsTools: boolean

  constructor(model: XinferenceModel) {
    const { modelUid, abilities, name, isVirtual, isSystemFirst, serverVersion } = model
    const can = (...names: string[]): boolean => names.some((ability) => abilities?.includes(ability) ?? false)
    this.#modelUid = modelUid
    this.#constraintFields = constraintFieldsOf(model)
    this.#streamsTools = serverVersion >= 3
    this.#thinks = can('hybrid') ? 'switchable' : can('reasoning') ? 'always' : 'never'
    this.capabilities = {
      chat: abilities === undefined || can('chat'),
      completion: !isVirtual,
      vision: can('vision', 'omni'),
      tools:
        abilities === undefined ||
        can('tools') ||
        (serverVersion < 0.9 && oldToolFamilies.some((family) => name?.includes(family))),
      // Servers before 0.9.3 refuse system messages elsewhere for every model.
      systemFirst: isSystemFirst || serverVersion < 0.9,
      constraints: constraintsOf(this.#constraintFields),
      whitespace: whitespaceRoutes(this.#constraintFields),
      // The engine behind it makes a grammar of the schema.
      holdsLengths: ['vllm', 'sglang', 'llama.cpp'].includes(model.engine ?? ''),
      unsupported: gapsOf(model),
    }
  }

  compile(request: CanonicalRequest): WireRequest {
    const body: Record<string, unknown> = { model: this.#modelUid }
    if (request.kind === 'chat') body['messages'] = compileMessages(request.messages ?? [])
    else body['prompt'] = request.prompt
    compileOptions(request, body)
    if (request.stream && this.#canStream(request)) {
      body['stream'] = true
      body['stream_options'] = { include_usage: true }
    }
    if (request.constraint !== undefined) {
      Object.assign(body, compileConstraint(request.constraint, request.kind, this.#constraintFields))
    }
    if (request.options.extraBody !== undefined) Object.assign(body, request.options.extraBody)
    return { path: request.kind === 'chat' ? '/v1/chat/completions' : '/v1/completions', body }
  }

  read(answer: unknown, kind: CanonicalRequest['kind'], sink: AnswerSink, context?: AnswerContext): void {
    readAnswer(answer, kind, sink, this.#inlineThinking(kind, context?.request))
  }

  createStreamReader(kind: CanonicalRequest['kind'], context?: AnswerContext): StreamReader {
    const inlineThinking = this.#inlineThinking(kind, context?.request)
    return new OpenAIStreamReader({ kind, inlineThinking, readStreamError })
  }

  readError(answer: ErrorAnswer): HeadraceError {
    return readMissingReplica(answer, this.#modelUid) ?? readError(answer)
  }

  /**
   * A server that was launched without `reasoning_content` leaves the thinking in the text, and where a template wrote
   * `<think>` only later ones put the tag before it (server 3.2). A constrained text has no room for thinking.
   */
  #inlineThinking(kind: CanonicalRequest['kind'], request: CanonicalRequest | undefined): InlineThinking {
    if (this.#thinks === 'never') return 'none'
    const isOn = this.#thinks === 'always' || request?.options.reasoning === true
    return isOn && kind === 'chat' && request?.constraint === undefined ? 'expected' : 'possible'
  }

  /**
   * Servers before 2.2 refuse to stream an answer that may call tools, some of them on some engines only, and a
   * description does not tell 2.2 from 2.1. The answer to such a request comes as a whole.
   */
  #canStream({ options }: CanonicalRequest): boolean {
    return this.#streamsTools || options.tools === undefined || options.tools.length === 0
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
