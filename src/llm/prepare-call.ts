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
import type { StructuredOutput } from '../contract/structured-output.js'
import { InvalidRequestError } from '../errors/invalid-request-error.js'
import { ModelAbilityError } from '../errors/model-ability-error.js'
import { boundConstraint } from '../output/plan-output.js'
import type { Answer } from './answer.js'
import { buildChatResponse, buildCompletionResponse, type ResponseFacts } from './build-response.js'
import type { CallMode } from './call-mode.js'
import type { AnswerFacts, CallSpec, OutputCourse } from './call-spec.js'
import { deriveSeed } from './derive-seed.js'
import { fitWindow } from './fit-window.js'
import type { LoadedModel } from './loaded-model.js'
import { mergeOptions, refuseUnsupported } from './merge-options.js'
import { structuredOutputSchema } from './options-schema.js'
import { parseOptions } from './parse-options.js'
import { prepareOutput, type PreparedOutput } from './prepare-output.js'
import { chatQuestion, promptQuestion } from './question.js'
import { type Form, gapsOf } from './route.js'
import { putSystemFirst } from './system-first.js'
import { type Input, type Question, writeInput } from './write-input.js'

/**
 * A call that is ready, or will be. Most are at once, where there is no image to read and no schema to compile: waiting for
 * what is there costs a call in a run about as much as preparing it.
 */
type Ready<R> = CallSpec<R> | Promise<CallSpec<R>>

/** The call that `complete` makes. @throws HeadraceError when it cannot be made. */
export function prepareComplete<T>(
  model: LoadedModel,
  prompt: string,
  options: CompleteOptions<T> | undefined,
  mode: CallMode,
): Ready<CompletionResponse<T>> {
  if (typeof prompt !== 'string') throw new InvalidRequestError('The prompt of complete must be a string.')
  return prepare({
    model,
    question: promptQuestion(model, prompt, options?.raw),
    asked: { messages: undefined, prompt },
    call: options,
    mode,
    build: buildCompletionResponse<T>,
  })
}

/** The call that `chat` makes. @throws HeadraceError when it cannot be made. */
export function prepareChat<T>(
  model: LoadedModel,
  messages: readonly ChatMessage[],
  options: CallOptions<T> | undefined,
  mode: CallMode,
): Ready<ChatResponse<T>> {
  const question = chatQuestion(model, messages)
  const asked = { messages, prompt: undefined }
  const common = { model, asked, call: options, mode, build: buildChatResponse<T> }
  if (question instanceof Promise) return question.then((whole) => prepare({ ...common, question: whole }))
  return prepare({ ...common, question })
}

/** The call that one sample of one input of `generate` makes. @throws HeadraceError when it cannot be made. */
export function prepareSample(
  model: LoadedModel,
  input: GenerateInput,
  options: CallOptions,
  sample: number,
): Ready<ChatResponse> | Ready<CompletionResponse> {
  const seed = options.seed ?? model.defaults.seed
  const own = seed === undefined || sample === 0 ? options : { ...options, seed: deriveSeed(seed, sample) }
  if (typeof input !== 'string' && (typeof input !== 'object' || input === null)) {
    throw new InvalidRequestError(
      `An input must be a conversation, one with its structuredOutput, { prompt } or a string, got ${String(input)}.`,
    )
  }
  if (typeof input === 'string') return prepareComplete(model, input, { ...own, raw: true }, 'batch')
  if ('prompt' in input) {
    const { prompt, raw, structuredOutput } = input
    const output = structuredOutput === undefined ? {} : { structuredOutput: checkOutput(structuredOutput) }
    return prepareComplete(model, prompt, { ...own, ...output, raw }, 'batch')
  }
  const [first, second] = input as readonly unknown[]
  if (!Array.isArray(first)) return prepareChat(model, input as readonly ChatMessage[], own, 'batch')
  const output = second === undefined || second === null ? {} : { structuredOutput: checkOutput(second) }
  return prepareChat(model, first as ChatMessage[], { ...own, ...output }, 'batch')
}

function checkOutput(structuredOutput: unknown): StructuredOutput {
  return parseOptions(structuredOutputSchema, structuredOutput as StructuredOutput, "An input's structuredOutput")
}

/** What a call is prepared of, again for each better answer that is asked for. */
interface Preparation<R> {
  readonly model: LoadedModel
  readonly question: Question
  readonly asked: CallSpec<R>['asked']
  readonly call: CallOptions | undefined
  readonly mode: CallMode
  readonly build: (answer: Answer, facts: ResponseFacts) => R
  /** The form of the answer was asked for in words already. */
  readonly isTold?: boolean
}

function prepare<R extends ChatResponse | CompletionResponse>(preparation: Preparation<R>): Ready<R> {
  const { model, question, call, mode, isTold = false } = preparation
  const { capabilities } = model.context.engine
  const warnings: Warning[] = []
  const policy = model.options.unsupportedOptions ?? 'error'
  const merged = mergeOptions(model.defaults, call)
  const input = writeInput(model, question, merged, warnings)
  const gaps = gapsOf(capabilities, input.form)
  const own = refuseUnsupported(merged, gaps, policy, warnings)
  const supported = gaps.stop === undefined ? addStops(own, input.rendered?.stops, capabilities) : own
  const options = cutStops(ofRequest(supported, input.form), capabilities, warnings)
  if (options.tools !== undefined && options.tools.length > 0 && !model.metadata.isFunctionCallingModel) {
    throw new ModelAbilityError(
      `The model ${model.metadata.modelName} takes no tools: leave tools out, or use another model.`,
    )
  }
  const { structuredOutput } = supported
  if (structuredOutput === undefined) return new PreparedCall(preparation, { input, supported, options, warnings })
  const route = routeOf(input)
  return prepareOutput(structuredOutput, { model, route, question, mode, isTold, options, warnings }).then((output) => {
    // The words that ask for the form change nothing of the way.
    const told = output.question === question ? input : writeInput(model, output.question, merged, [])
    return new PreparedCall(preparation, { input: told, supported, options, warnings, output })
  })
}

/** What a preparation has come to. */
interface Draft {
  readonly input: Input
  /** The options of the call, and those of them that go into its request. */
  readonly supported: GenerationOptions
  readonly options: CanonicalRequest['options']
  readonly warnings: Warning[]
  readonly output?: PreparedOutput
}

const noWarnings: readonly Warning[] = []

// Both are classes, so that a call holds no more than what they hold while the server works, and that V8 makes none of it in
// the old generation; see `Member`.

class PreparedRequest implements CanonicalRequest {
  readonly kind: Route
  readonly messages: CanonicalRequest['messages']
  readonly prompt: string | undefined
  readonly rendered: CanonicalRequest['rendered']
  readonly options: CanonicalRequest['options']
  readonly constraint: CanonicalRequest['constraint']
  readonly stream: boolean

  constructor(
    input: Input,
    messages: CanonicalRequest['messages'],
    options: CanonicalRequest['options'],
    constraint: CanonicalRequest['constraint'],
    stream: boolean,
  ) {
    this.kind = routeOf(input)
    this.messages = messages
    this.prompt = input.rendered?.text ?? input.prompt
    this.rendered = input.rendered && { bos: input.rendered.bos }
    this.options = options
    this.constraint = constraint
    this.stream = stream
  }
}

class PreparedCall<R extends ChatResponse | CompletionResponse> implements CallSpec<R> {
  readonly request: CanonicalRequest
  readonly inputTokens: number | undefined
  readonly options: GenerationOptions
  readonly signal: AbortSignal | undefined
  readonly timeouts: ResolvedTimeouts
  readonly warnings: readonly Warning[]
  readonly output: OutputCourse<R> | undefined
  readonly #build: Preparation<R>['build']
  readonly #prepared: PreparedOutput | undefined
  readonly #messages: CallSpec<R>['asked']['messages']
  readonly #prompt: CallSpec<R>['asked']['prompt']

  /** @throws HeadraceError `CONTEXT_OVERFLOW` */
  constructor(preparation: Preparation<R>, { input, supported, options, warnings, output }: Draft) {
    const { model, asked, call, mode, build } = preparation
    const { capabilities } = model.context.engine
    const fitting = fitWindow(model, options, call?.maxTokens, input.tokens, warnings)
    const { messages } = input
    this.request = new PreparedRequest(
      input,
      messages !== undefined && capabilities.systemFirst === true ? putSystemFirst(messages, warnings) : messages,
      fitting,
      boundConstraint(output?.constraint, fitting.maxTokens, capabilities, warnings),
      asksForStream(mode, call?.wireMode ?? model.options.wireMode ?? 'auto', capabilities.batchWire),
    )
    this.#messages = asked.messages
    this.#prompt = asked.prompt
    this.inputTokens = input.tokens
    this.options = supported
    this.signal = call?.signal
    this.timeouts = call?.timeouts === undefined ? model.timeouts : mergeTimeouts(model.timeouts, call.timeouts)
    this.warnings = warnings.length === 0 ? noWarnings : warnings
    this.output = output && courseOf(preparation, output, fitting)
    this.#build = build
    this.#prepared = output
  }

  get asked(): CallSpec<R>['asked'] {
    return { messages: this.#messages, prompt: this.#prompt }
  }

  conclude(answer: Answer, { timings, warnings, earlier }: AnswerFacts): R {
    return this.#build(answer, {
      seed: this.request.options.seed,
      route: this.request.kind,
      inputTokens: this.inputTokens,
      timings,
      warnings,
      parsed: callsTools(answer) ? undefined : this.#prepared?.read(answer),
      rung: this.#prepared?.rung,
      earlier,
    })
  }
}

function courseOf<R extends ChatResponse | CompletionResponse>(
  preparation: Preparation<R>,
  output: PreparedOutput,
  options: CanonicalRequest['options'],
): OutputCourse<R> {
  const { call } = preparation
  const again = async (changed: Preparation<R>): Promise<CallSpec<R>> => prepare(changed)
  return {
    maxAttempts: output.maxAttempts,
    isWrapped: output.isWrapped,
    askAgain: (text, issues) => {
      const better = output.askAgain(text, issues, options)
      return better && again({ ...preparation, ...better, call: { ...call, ...better.changes }, isTold: true })
    },
    stepDown: (error) => (output.stepDown(error) ? again(preparation) : undefined),
  }
}

function routeOf({ form }: Input): Route {
  return form === 'chat' ? 'chat' : 'completion'
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
