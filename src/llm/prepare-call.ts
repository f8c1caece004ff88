import type { CanonicalRequest } from '../contract/engine.js'
import type { GenerateInput } from '../contract/generate.js'
import type { ChatMessage } from '../contract/message.js'
import type { LLMMetadata } from '../contract/metadata.js'
import type {
  CallOptions,
  CompleteOptions,
  GenerationOptions,
  ResolvedTimeouts,
  Timeouts,
  WireMode,
} from '../contract/options.js'
import type { ChatResponse, CompletionResponse, Warning } from '../contract/response.js'
import type { StructuredOutput } from '../contract/structured-output.js'
import { ContextOverflowError } from '../errors/context-overflow-error.js'
import { InvalidRequestError } from '../errors/invalid-request-error.js'
import { ModelAbilityError } from '../errors/model-ability-error.js'
import { UnsupportedOptionError } from '../errors/unsupported-option-error.js'
import { compileOutput } from '../output/compile-output.js'
import type { Answer } from './answer.js'
import { buildChatResponse, buildCompletionResponse } from './build-response.js'
import type { CallContext, CallSpec } from './call.js'
import { deriveSeed } from './derive-seed.js'
import type { LLMOptions } from './llm-options.js'
import { chatOnly, mergeOptions, refuseUnsupported } from './merge-options.js'
import { structuredOutputSchema } from './options-schema.js'
import { parseOptions } from './parse-options.js'
import { prepareMessages } from './prepare-messages.js'

/** What a connection and the options of one copy of a model amount to. */
export interface Description {
  readonly metadata: LLMMetadata
  /** Tokens that prompt and answer share; what `maxTokens` is held against. */
  readonly windowTokens: number | undefined
  /** Generation options of every call. */
  readonly defaults: GenerationOptions
  readonly warnings: readonly Warning[]
}

/** A model that calls can be made of. */
export interface LoadedModel extends Description {
  readonly options: LLMOptions
  readonly timeouts: ResolvedTimeouts
  readonly context: CallContext
}

/** Who asks: a caller that waits for the answer, one that reads it as it comes, or `generate`. */
export type CallMode = 'interactive' | 'stream' | 'batch'

type Input = Pick<CanonicalRequest, 'kind' | 'messages' | 'prompt'>

/** The call that `complete` makes. @throws HeadraceError when it cannot be made. */
export async function prepareComplete<T>(
  model: LoadedModel,
  prompt: string,
  options: CompleteOptions<T> | undefined,
  mode: CallMode,
): Promise<CallSpec<CompletionResponse<T>>> {
  if (typeof prompt !== 'string') throw new InvalidRequestError('The prompt of complete must be a string.')
  const { completionToPrompt, systemPrompt } = model.options
  const asked = { messages: undefined, prompt }
  const literal = (text: string): Input => ({ kind: 'completion', messages: undefined, prompt: text })
  let input: Input
  if (options?.raw) input = literal(prompt)
  else if (completionToPrompt !== undefined) input = literal(completionToPrompt(prompt))
  else if (!model.metadata.isChatModel) input = literal(systemPrompt ? `${systemPrompt}\n\n${prompt}` : prompt)
  else {
    const messages = withSystemPrompt([{ role: 'user', content: prompt }], systemPrompt)
    input = { kind: 'chat', messages, prompt: undefined }
  }
  return prepare(model, input, asked, options, mode, buildCompletionResponse<T>)
}

/** The call that `chat` makes. @throws HeadraceError when it cannot be made. */
export async function prepareChat<T>(
  model: LoadedModel,
  messages: readonly ChatMessage[],
  options: CallOptions<T> | undefined,
  mode: CallMode,
): Promise<CallSpec<ChatResponse<T>>> {
  const { isVisionModel, isChatModel, modelName } = model.metadata
  const { messagesToPrompt, systemPrompt } = model.options
  const resolved = prepareMessages(messages, isVisionModel, modelName)
  const whole = withSystemPrompt(resolved instanceof Promise ? await resolved : resolved, systemPrompt)
  const asked = { messages, prompt: undefined }
  let input: Input
  if (messagesToPrompt !== undefined) {
    input = { kind: 'completion', messages: undefined, prompt: messagesToPrompt(whole) }
  } else if (isChatModel) {
    input = { kind: 'chat', messages: whole, prompt: undefined }
  } else {
    throw new ModelAbilityError(
      `The model ${modelName} cannot chat, it only continues text: use complete(), or give messagesToPrompt.`,
    )
  }
  return prepare(model, input, asked, options, mode, buildChatResponse<T>)
}

/** The call that one sample of one input of `generate` makes. @throws HeadraceError when it cannot be made. */
export async function prepareInput(
  model: LoadedModel,
  input: GenerateInput,
  options: CallOptions,
  sample: number,
): Promise<CallSpec<ChatResponse> | CallSpec<CompletionResponse>> {
  const seed = options.seed ?? model.defaults.seed
  const own = seed === undefined || sample === 0 ? options : { ...options, seed: deriveSeed(seed, sample) }
  if (typeof input !== 'string' && (typeof input !== 'object' || input === null)) {
    throw new InvalidRequestError(
      `An input must be a conversation, one with its structuredOutput, { prompt } or a string, got ${String(input)}.`,
    )
  }
  if (typeof input === 'string') return prepareComplete(model, input, { ...own, raw: true }, 'batch')
  if ('prompt' in input) return prepareComplete(model, input.prompt, { ...own, raw: input.raw }, 'batch')
  const [first, second] = input as readonly unknown[]
  if (!Array.isArray(first)) return prepareChat(model, input as readonly ChatMessage[], own, 'batch')
  const structuredOutput = parseOptions(
    structuredOutputSchema,
    second as StructuredOutput,
    "An input's structuredOutput",
  )
  return prepareChat(model, first as ChatMessage[], { ...own, structuredOutput }, 'batch')
}

async function prepare<R extends ChatResponse | CompletionResponse>(
  model: LoadedModel,
  input: Input,
  asked: CallSpec<R>['asked'],
  call: CallOptions | undefined,
  mode: CallMode,
  build: (...facts: Parameters<typeof buildChatResponse>) => R,
): Promise<CallSpec<R>> {
  const { metadata, windowTokens = Infinity, timeouts } = model
  const { capabilities } = model.context.engine
  if (input.kind === 'completion' && capabilities.completion === false) {
    throw new ModelAbilityError(
      `The model ${metadata.modelName} takes conversations only, no literal text: leave raw out, or use chat().`,
    )
  }
  const warnings: Warning[] = []
  const policy = model.options.unsupportedOptions ?? 'error'
  const merged = mergeOptions(model.defaults, call)
  const fitting = input.kind === 'completion' ? refuseUnsupported(merged, chatOnly, policy, warnings) : merged
  const supported = refuseUnsupported(fitting, capabilities, policy, warnings)
  const { structuredOutput } = supported
  const options = ofRequest(supported)
  if (options.maxTokens !== undefined && options.maxTokens > windowTokens) {
    throw new ContextOverflowError(
      `maxTokens is ${options.maxTokens}, more than the ${windowTokens} tokens of the context window of ${metadata.modelName}: lower it.`,
      { context: { maxTokens: options.maxTokens, contextWindow: windowTokens } },
    )
  }
  if (options.tools !== undefined && options.tools.length > 0 && !metadata.isFunctionCallingModel) {
    throw new ModelAbilityError(
      `The model ${metadata.modelName} takes no tools: leave tools out, or use another model.`,
    )
  }
  const output = structuredOutput === undefined ? undefined : await compileOutput(structuredOutput)
  if (output !== undefined && capabilities.jsonSchema !== true) {
    throw new UnsupportedOptionError(
      'structuredOutput cannot be honoured: this engine does not constrain its text to a schema.',
      { option: 'structuredOutput' },
    )
  }
  const wireMode = call?.wireMode ?? model.options.wireMode ?? 'auto'
  return {
    request: {
      kind: input.kind,
      messages: input.messages,
      prompt: input.prompt,
      options,
      jsonSchema: output && { name: output.name, schema: output.schema },
      stream: asksForStream(mode, wireMode, capabilities.batchWire),
    },
    asked,
    options: supported,
    signal: call?.signal,
    timeouts: call?.timeouts === undefined ? timeouts : mergeTimeouts(timeouts, call.timeouts),
    warnings,
    conclude: (answer, timings, allWarnings) =>
      build(answer, {
        seed: options.seed,
        route: input.kind,
        timings,
        warnings: allWarnings,
        parsed: callsTools(answer) ? undefined : output?.read(answer.text, answer.finishReason.unified === 'length'),
      }),
  }
}

/** The options without those that are handled here. Few calls have one, and copying an object without a key is slow. */
function ofRequest(options: GenerationOptions): CanonicalRequest['options'] {
  if (options.n === undefined && options.structuredOutput === undefined) return options
  const { n: _n, structuredOutput: _structuredOutput, ...others } = options
  return others
}

/** A model that may call tools does so instead of answering. */
function callsTools(answer: Answer): boolean {
  return answer.text === '' && answer.toolCalls().length > 0
}

/** The given deadlines over the defaults; an `undefined` overrides nothing. */
export function mergeTimeouts(defaults: ResolvedTimeouts, given: Timeouts = {}): ResolvedTimeouts {
  return {
    connectMs: given.connectMs ?? defaults.connectMs,
    firstTokenMs: given.firstTokenMs ?? defaults.firstTokenMs,
    idleMs: given.idleMs ?? defaults.idleMs,
    totalMs: given.totalMs ?? defaults.totalMs,
  }
}

function asksForStream(mode: CallMode, wireMode: WireMode, batchWire: 'json' | 'stream' = 'stream'): boolean {
  // A caller that streams gets a stream, whatever the pin says: that is what was asked for.
  if (mode === 'stream') return true
  if (wireMode !== 'auto') return wireMode === 'stream'
  return mode === 'interactive' || batchWire === 'stream'
}

function withSystemPrompt(messages: readonly ChatMessage[], systemPrompt: string | undefined): readonly ChatMessage[] {
  if (!systemPrompt || messages[0]?.role === 'system') return messages
  return [{ role: 'system', content: systemPrompt }, ...messages]
}
