import type { Capabilities, Route } from '../contract/capabilities.js'
import type { CanonicalRequest } from '../contract/engine.js'
import type { GenerateInput } from '../contract/generate.js'
import type { ChatMessage } from '../contract/message.js'
import type {
  CallOptions,
  CompleteOptions,
  GenerationOptions,
  ResolvedTimeouts,
  Timeouts,
  WireMode,
} from '../contract/options.js'
import type { ChatResponse, CompletionResponse, Warning } from '../contract/response.js'
import type { ConstraintFormat, StructuredOutput } from '../contract/structured-output.js'
import { InvalidRequestError } from '../errors/invalid-request-error.js'
import { ModelAbilityError } from '../errors/model-ability-error.js'
import { UnsupportedOptionError } from '../errors/unsupported-option-error.js'
import { compileOutput } from '../output/compile-output.js'
import type { Answer } from './answer.js'
import { buildChatResponse, buildCompletionResponse } from './build-response.js'
import type { CallSpec } from './call.js'
import { deriveSeed } from './derive-seed.js'
import { fitWindow } from './fit-window.js'
import type { LoadedModel } from './loaded-model.js'
import { mergeOptions, refuseUnsupported } from './merge-options.js'
import { structuredOutputSchema } from './options-schema.js'
import { parseOptions } from './parse-options.js'
import { prepareMessages } from './prepare-messages.js'
import { opensUserTurn } from './prompting.js'
import { type Form, gapsOf } from './route.js'
import { putSystemFirst } from './system-first.js'
import { type Question, writeInput } from './write-input.js'

/** Who asks: a caller that waits for the answer, one that reads it as it comes, or `generate`. */
export type CallMode = 'interactive' | 'stream' | 'batch'

/** The call that `complete` makes. @throws HeadraceError when it cannot be made. */
export async function prepareComplete<T>(
  model: LoadedModel,
  prompt: string,
  options: CompleteOptions<T> | undefined,
  mode: CallMode,
): Promise<CallSpec<CompletionResponse<T>>> {
  if (typeof prompt !== 'string') throw new InvalidRequestError('The prompt of complete must be a string.')
  const question = promptQuestion(model, prompt, options?.raw)
  return prepare(model, question, { messages: undefined, prompt }, options, mode, buildCompletionResponse<T>)
}

/** The call that `chat` makes. @throws HeadraceError when it cannot be made. */
export async function prepareChat<T>(
  model: LoadedModel,
  messages: readonly ChatMessage[],
  options: CallOptions<T> | undefined,
  mode: CallMode,
): Promise<CallSpec<ChatResponse<T>>> {
  const question = chatQuestion(model, messages)
  const asked = { messages, prompt: undefined }
  return prepare(
    model,
    question instanceof Promise ? await question : question,
    asked,
    options,
    mode,
    buildChatResponse<T>,
  )
}

function promptQuestion(model: LoadedModel, prompt: string, raw: boolean | undefined): Question {
  const { completionToPrompt, systemPrompt } = model.options
  if (raw) return { prompt }
  if (completionToPrompt !== undefined) return { prompt: completionToPrompt(prompt) }
  if (!model.metadata.isChatModel) return { prompt: systemPrompt ? `${systemPrompt}\n\n${prompt}` : prompt }
  return { messages: withSystemPrompt([{ role: 'user', content: prompt }], systemPrompt) }
}

function chatQuestion(model: LoadedModel, messages: readonly ChatMessage[]): Question | Promise<Question> {
  const { isVisionModel, isChatModel, modelName } = model.metadata
  const { messagesToPrompt, systemPrompt } = model.options
  const toQuestion = (resolved: readonly ChatMessage[]): Question => {
    const whole = withSystemPrompt(resolved, systemPrompt)
    if (messagesToPrompt !== undefined) return { prompt: messagesToPrompt(whole) }
    if (isChatModel) return { messages: whole }
    throw new ModelAbilityError(
      `The model ${modelName} cannot chat, it only continues text: use complete(), or give messagesToPrompt.`,
    )
  }
  const resolved = prepareMessages(messages, isVisionModel, modelName)
  if (messages.length === 0 && !opensUserTurn(model.prompting, messages)) {
    throw new InvalidRequestError('The conversation is empty: give at least one message.')
  }
  return resolved instanceof Promise ? resolved.then(toQuestion) : toQuestion(resolved)
}

/** The call that one sample of one input of `generate` makes. @throws HeadraceError when it cannot be made. */
export async function prepareSample(
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
  question: Question,
  asked: CallSpec<R>['asked'],
  call: CallOptions | undefined,
  mode: CallMode,
  build: (...facts: Parameters<typeof buildChatResponse>) => R,
): Promise<CallSpec<R>> {
  const { metadata, timeouts } = model
  const { capabilities } = model.context.engine
  const warnings: Warning[] = []
  const policy = model.options.unsupportedOptions ?? 'error'
  const merged = mergeOptions(model.defaults, call)
  const input = writeInput(model, question, merged, warnings)
  const gaps = gapsOf(capabilities, input.form)
  const own = refuseUnsupported(merged, gaps, policy, warnings)
  const supported = gaps.stop === undefined ? addStops(own, input.rendered?.stops, capabilities) : own
  const { structuredOutput } = supported
  const options = cutStops(ofRequest(supported, input.form), capabilities, warnings)
  if (options.tools !== undefined && options.tools.length > 0 && !metadata.isFunctionCallingModel) {
    throw new ModelAbilityError(
      `The model ${metadata.modelName} takes no tools: leave tools out, or use another model.`,
    )
  }
  const kind: Route = input.form === 'chat' ? 'chat' : 'completion'
  const output = structuredOutput === undefined ? undefined : await compileOutput(structuredOutput)
  if (output !== undefined) checkConstraint(output.constraint.format, kind, capabilities)
  const wireMode = call?.wireMode ?? model.options.wireMode ?? 'auto'
  const fitting = fitWindow(model, options, call?.maxTokens, input.tokens, warnings)
  return {
    request: {
      kind,
      messages:
        input.messages !== undefined && capabilities.systemFirst === true
          ? putSystemFirst(input.messages, warnings)
          : input.messages,
      prompt: input.rendered?.text ?? input.prompt,
      rendered: input.rendered && { bos: input.rendered.bos },
      options: fitting,
      constraint: output?.constraint,
      stream: asksForStream(mode, wireMode, capabilities.batchWire),
    },
    asked,
    inputTokens: input.tokens,
    options: supported,
    signal: call?.signal,
    timeouts: call?.timeouts === undefined ? timeouts : mergeTimeouts(timeouts, call.timeouts),
    warnings,
    conclude: (answer, timings, allWarnings) =>
      build(answer, {
        seed: options.seed,
        route: kind,
        inputTokens: input.tokens,
        timings,
        warnings: allWarnings,
        parsed: callsTools(answer) ? undefined : output?.read(answer.text, answer.finishReason.unified === 'length'),
      }),
  }
}

function checkConstraint(format: ConstraintFormat, kind: Route, { constraints }: Capabilities): void {
  if (constraints?.[kind]?.[format] !== undefined) return
  const reason =
    constraints?.[kind === 'chat' ? 'completion' : 'chat']?.[format] === undefined
      ? `this engine does not constrain its text to a ${format === 'json' ? 'schema' : format}`
      : `the server constrains ${kind === 'chat' ? 'literal text' : 'conversations'} only`
  throw new UnsupportedOptionError(`structuredOutput cannot be honoured: ${reason}.`, { option: 'structuredOutput' })
}

/** After the call's own stop strings those of the turn that the model writes, as far as the server takes them. */
function addStops(
  options: GenerationOptions,
  stops: readonly string[] | undefined,
  { maxStops = Infinity }: Capabilities,
): GenerationOptions {
  if (stops === undefined || stops.length === 0) return options
  const { stop = [] } = options
  const own = typeof stop === 'string' ? [stop] : stop
  const added = stops.filter((text) => !own.includes(text)).slice(0, Math.max(0, maxStops - own.length))
  return added.length === 0 ? options : { ...options, stop: [...own, ...added] }
}

/** As many stop strings as the server takes. */
function cutStops(
  options: CanonicalRequest['options'],
  { maxStops = Infinity }: Capabilities,
  warnings: Warning[],
): CanonicalRequest['options'] {
  const { stop } = options
  if (!Array.isArray(stop) || stop.length <= maxStops) return options
  const left = stop.slice(maxStops).map((text) => JSON.stringify(text))
  warnings.push({
    code: 'stops-cut',
    message: `The server takes ${maxStops} stop strings: ${left.join(', ')} ${left.length === 1 ? 'was' : 'were'} left out.`,
  })
  return { ...options, stop: stop.slice(0, maxStops) }
}

/** The options without those that are handled here. Few calls have one, and copying an object without a key is slow. */
function ofRequest(options: GenerationOptions, form: Form): CanonicalRequest['options'] {
  const isPlain = options.n === undefined && options.structuredOutput === undefined
  if (isPlain && form !== 'rendered') return options
  const { n: _n, structuredOutput: _structuredOutput, ...others } = options
  if (form !== 'rendered') return others
  // The template has read them.
  const { reasoning: _reasoning, chatTemplateKwargs: _chatTemplateKwargs, ...sent } = others
  return sent
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
