import type { Capabilities } from '../contract/capabilities.js'
import type { Engine } from '../contract/engine.js'
import type {
  CallHandle,
  GenerateInput,
  GenerateOneOptions,
  GenerateOneResult,
  GenerateOptions,
  GenerateOutput,
  PreparedInput,
} from '../contract/generate.js'
import type { ChatMessage } from '../contract/message.js'
import type { LLMMetadata } from '../contract/metadata.js'
import type { CallOptions, CompleteOptions, ResolvedTimeouts } from '../contract/options.js'
import type { ChatResponse, CompletionResponse, Warning } from '../contract/response.js'
import type { Runtime } from '../contract/runtime.js'
import type { ServerLoad } from '../contract/server-load.js'
import type { ChatStream, CompletionStream } from '../contract/stream-part.js'
import type { JsonOutput } from '../contract/structured-output.js'
import { AbortedError } from '../errors/aborted-error.js'
import type { AuthenticationError } from '../errors/authentication-error.js'
import type { HeadraceError } from '../errors/headrace-error.js'
import { InvalidRequestError } from '../errors/invalid-request-error.js'
import { ModelAbilityError } from '../errors/model-ability-error.js'
import { NotLoadedError } from '../errors/not-loaded-error.js'
import { TimeoutError } from '../errors/timeout-error.js'
import { UnsupportedOptionError } from '../errors/unsupported-option-error.js'
import { OutputRefusals } from '../output/output-refusals.js'
import { PartialJson } from '../output/partial-json.js'
import { withSerializedOutput } from '../output/serialize-output.js'
import { Bag } from '../transport/bag.js'
import { DeadlineTimer } from '../transport/deadline-timer.js'
import { systemRuntime } from '../transport/system-runtime.js'
import { within } from '../transport/within.js'
import { version } from '../version.js'
import { uniqueWarnings } from './answer.js'
import { CallStream } from './call-stream.js'
import { abortedBy, Call } from './call.js'
import type { CallConsumer, CallSpec, LiveCall } from './call-spec.js'
import { CallbackManager } from './callback-manager.js'
import { checkOnce, withoutSample } from './check-once.js'
import { defaultTimeouts } from './default-timeouts.js'
import { deriveSeed } from './derive-seed.js'
import { generateAll } from './generate.js'
import { Generation } from './generation.js'
import type { LLMDependencies, LLMOptions } from './llm-options.js'
import { mergeOptions } from './merge-options.js'
import { callSchema, completeSchema, generateSchema } from './options-schema.js'
import { parseOptions } from './parse-options.js'
import type { Description, LoadedModel } from './loaded-model.js'
import type { CallMode } from './call-mode.js'
import { fill, presentValue, type StructuredPredictOptions } from './predict.js'
import { mergeTimeouts, prepareChat, prepareComplete, prepareSample } from './prepare-call.js'
import type { PromptTemplate, PromptVariables } from './prompt-template.js'
import { countTokens, readPrompt } from './prompting.js'
import { SharedResource } from './shared-resource.js'

/** What stands behind a loaded model and may be shared between copies of it. */
export interface Connection {
  readonly engine: Engine
  /** Whether a request can be sent as things are; absent: always. */
  readonly isReady?: boolean | undefined
  /** Does what is due before a request: logs in, renews a token, proves a key. */
  prepare?(): Promise<void>
  /** Which credential a request that is sent now carries: another number after each renewal. */
  readonly generation?: number | undefined
  /**
   * After a refusal of a request that was sent with the credential of `generation`: whether it may be sent once more,
   * with a renewed one.
   */
  recover?(error: AuthenticationError, generation: number): Promise<boolean>
  /**
   * Asks for the reason of a failure that ends a call and does not tell it. Never rejects, takes a few seconds at most.
   *
   * @returns the failure with its reason, or the same one; `undefined` for a failure that needs no question.
   */
  explain?(error: HeadraceError): Promise<HeadraceError> | undefined
  /** Closes sockets, frees memory. */
  release(): Promise<void>
}

/** A model as JSON: enough to make it again, and no secret. */
export interface SerializedLLM {
  readonly className: string
  /** Of the package that wrote it. */
  readonly version: string
  readonly config: Readonly<Record<string, unknown>>
}

/** What a class is made with besides its options; the second argument of every constructor. */
export interface LLMInternals extends LLMDependencies {
  /** The copy's original, see {@link LLM.with}. */
  readonly original?: LLM | undefined
}

/**
 * A language model, wherever it runs. All back ends have these methods and this behaviour; a class of its own adds its
 * options, how it connects, and what it knows of the model.
 *
 * Every method that asks the model loads it first if need be. All failures are of the family of `HeadraceError`.
 */
export abstract class LLM<Options extends LLMOptions = LLMOptions> {
  /** The stable name in JSON and in events, which no bundler renames. */
  abstract readonly className: string
  readonly callbackManager: CallbackManager
  protected readonly options: Options
  protected readonly runtime: Runtime
  readonly #internals: LLMInternals
  readonly #deadlines: DeadlineTimer
  readonly #live = new Bag<LiveCall>()
  #connection: SharedResource<Connection> | undefined
  #model: LoadedModel | undefined

  protected constructor(options: Options, internals: LLMInternals) {
    this.options = options
    this.#internals = internals
    this.runtime = internals.runtime ?? systemRuntime
    const { original } = internals
    this.#deadlines = original === undefined ? new DeadlineTimer(this.runtime) : original.#deadlines
    this.callbackManager = options.callbackManager ?? original?.callbackManager ?? new CallbackManager()
    // What Node prints of a model is what JSON holds of it, so that no log holds a secret.
    const inspectAsJSON = (_depth: number, style: object, inspect: (value: unknown, style: object) => string): string =>
      `${this.className} ${inspect(this.configuration(), style)}`
    Object.defineProperty(this, Symbol.for('nodejs.util.inspect.custom'), { value: inspectAsJSON })
  }

  /** Reaches the server or opens the model's file; `signal` aborts when nobody waits for it any more. */
  protected abstract connect(signal: AbortSignal): Promise<Connection>
  /** What the connection and this copy's options amount to. @throws HeadraceError when they do not fit each other. */
  protected abstract describe(connection: Connection): Description
  /** Whether this copy can use the connection of its original. */
  protected abstract sharesConnection(original: Options): boolean
  /** The options as JSON may hold them: without functions, and where a class has secrets, without those. */
  protected configuration(): Record<string, unknown> {
    const {
      callbackManager: _c,
      messagesToPrompt: _m,
      completionToPrompt: _p,
      outputParser: _o,
      generationKwargs,
      ...plain
    } = this.options
    const own = withSerializedOutput(plain)
    return generationKwargs === undefined ? own : { ...own, generationKwargs: withSerializedOutput(generationKwargs) }
  }
  /** The class's own deadlines, under the given ones. */
  protected get classTimeouts(): ResolvedTimeouts {
    return defaultTimeouts
  }

  /**
   * Reaches the model and learns what it is. May be called again, and concurrently: the work is done once. A failed
   * load is tried again by the next one.
   *
   * @throws HeadraceError with the codes of the class.
   */
  async load(): Promise<this> {
    await this.#prepare()
    return this
  }

  /** @throws NotLoadedError `NOT_LOADED` before {@link load}. */
  get metadata(): LLMMetadata {
    return this.#loaded().metadata
  }

  /** Requests that make sense at once; `Infinity` where that has no limit. @throws NotLoadedError `NOT_LOADED` before {@link load}. */
  get maxConcurrency(): number {
    return this.#loaded().context.engine.capabilities.maxConcurrency ?? Infinity
  }

  /** What the back end can do for this model. @throws NotLoadedError `NOT_LOADED` before {@link load}. */
  get capabilities(): Capabilities {
    return this.#loaded().context.engine.capabilities
  }

  /** What should be known of the model as it was loaded. @throws NotLoadedError `NOT_LOADED` before {@link load}. */
  get warnings(): readonly Warning[] {
    return this.#loaded().warnings
  }

  /** Whether there is a connection that a copy could share. */
  protected get hasConnection(): boolean {
    return this.#connection !== undefined
  }

  protected get isLoaded(): boolean {
    return this.#model !== undefined
  }

  /** The connection, once loaded. @throws NotLoadedError `NOT_LOADED` before {@link load}. */
  protected get connection(): Connection {
    this.#loaded()
    return this.#shared().value as Connection
  }

  /**
   * Asks the model, or continues a text.
   *
   * A model that can chat gets the prompt as one user message; one that cannot, or `raw: true`, continues it literally.
   *
   * @throws HeadraceError see `docs/errors.md`.
   */
  async complete<T = unknown>(prompt: string, options?: CompleteOptions<T>): Promise<CompletionResponse<T>> {
    return this.#all(options, (own) => this.#prepareComplete<T>(prompt, own, 'interactive'))
  }

  /** As {@link complete}, in parts as they arrive. Nothing is sent before the first part is asked for. */
  streamComplete<T = unknown>(prompt: string, options?: CompleteOptions<T>): CompletionStream<T> {
    // The parts of a completion are those of a chat without tool calls, which need tools, which only a chat can have.
    return this.#stream(() => this.#prepareComplete<T>(prompt, options, 'stream')) as unknown as CompletionStream<T>
  }

  /**
   * Answers a conversation.
   *
   * @throws HeadraceError `MODEL_ABILITY` when the model can only continue text; see `docs/errors.md` for the others.
   */
  async chat<T = unknown>(messages: readonly ChatMessage[], options?: CallOptions<T>): Promise<ChatResponse<T>> {
    return this.#all(options, (own) => this.#prepareChat<T>(messages, own, 'interactive'))
  }

  /** As {@link chat}, in parts as they arrive. Nothing is sent before the first part is asked for. */
  streamChat<T = unknown>(messages: readonly ChatMessage[], options?: CallOptions<T>): ChatStream<T> {
    // The class of the stream does not know what the text amounts to.
    return this.#stream(() => this.#prepareChat<T>(messages, options, 'stream')) as unknown as ChatStream<T>
  }

  /**
   * Answers many inputs, `numGenerations` times each, `concurrency` at once. The outputs are in the order of the inputs;
   * a failed generation is `null` with its error beside it, unless `throwOnError`.
   *
   * With a `seed`, each sample gets its own derived from it: different texts, the same ones next time.
   */
  async generate(inputs: readonly GenerateInput[], options: GenerateOptions = {}): Promise<GenerateOutput[]> {
    if (!Array.isArray(inputs)) throw new InvalidRequestError('generate takes an array of inputs.')
    parseOptions(generateSchema, options, 'generate')
    const { maxConcurrency = Infinity } = (await this.#ready(options)).context.engine.capabilities
    return generateAll(inputs, options, maxConcurrency, (input, own) => this.generateOne(input, own))
  }

  /** One generation of {@link generate}. Never throws: the outcome says how it ended. `handle` is told of the call. */
  generateOne(input: GenerateInput, options: GenerateOneOptions = {}, handle?: CallHandle): Promise<GenerateOneResult> {
    return new Promise((resolve) => this.#generate(input, options, new Generation(resolve, this.runtime, handle)))
  }

  #generate(input: GenerateInput, options: GenerateOneOptions, generation: Generation): void {
    try {
      checkOnce(options)
      const model = this.#readyModel
      if (model !== undefined) {
        this.#begin(model, input, options, generation)
        return
      }
    } catch (error) {
      generation.fail(error)
      return
    }
    this.#ready(options)
      .then((model) => this.#begin(model, input, options, generation))
      .catch((error: unknown) => generation.fail(error))
  }

  /** No asynchronous function waits for the answer: what does may grow old, and what it has made with it. */
  #begin(model: LoadedModel, input: GenerateInput, options: GenerateOneOptions, generation: Generation): void {
    const spec = prepareSample(model, input, withoutSample(options), options.sample ?? 0)
    const start = (ready: CallSpec<ChatResponse | CompletionResponse>): void => {
      generation.spec = ready
      generation.start(this.#call(ready, generation))
    }
    if (spec instanceof Promise) spec.then(start).catch((error: unknown) => generation.fail(error))
    else start(spec)
  }

  /**
   * How full the server is by its own account: requests that wait there, and that run. Loads the model if need be.
   *
   * @returns `undefined` where the server does not say it.
   */
  async readLoad(): Promise<ServerLoad | undefined> {
    const { engine } = (this.#readyModel ?? (await this.#ready())).context
    return engine.readLoad?.()
  }

  /**
   * What a call would send for an input: the route, and where the model's prompt format is here (`tokenizerId`, or an
   * embedded engine) the exact text that the model reads, with its tokens. Sends nothing to the model.
   *
   * @throws HeadraceError as the call would, before it sends.
   */
  async prepareInput(input: GenerateInput, options: CallOptions = {}): Promise<PreparedInput> {
    parseOptions(callSchema, options, 'prepareInput')
    const model = this.#readyModel ?? (await this.#ready(options))
    const { request, inputTokens, warnings } = await prepareSample(model, input, options, 0)
    return {
      route: request.kind,
      ...readPrompt(model.prompting, request, inputTokens),
      messages: request.messages,
      warnings: uniqueWarnings(warnings),
    }
  }

  /**
   * Tokens of a text, as the server counts literal text, or of a conversation in the model's chat template.
   *
   * @throws ModelAbilityError `MODEL_ABILITY` when the model's tokenizer is not here.
   */
  async countTokens(input: string | readonly ChatMessage[]): Promise<number> {
    const { prompting, metadata } = this.#readyModel ?? (await this.#ready())
    if (prompting === undefined) {
      throw new ModelAbilityError(
        `The tokens of ${metadata.modelName} cannot be counted: give tokenizerId, the model's repository or folder.`,
      )
    }
    return countTokens(prompting, input)
  }

  /**
   * Fills a template and asks with it: as a conversation where the model can chat, else as text to continue.
   *
   * @returns the answer's text, or what `outputParser` makes of it.
   * @throws HeadraceError `INVALID_REQUEST` when a variable is missing.
   */
  async predict(template: PromptTemplate, variables: PromptVariables = {}, options?: CallOptions): Promise<string> {
    await this.#ready(options)
    const { outputParser } = this.options
    const { prompt, messages } = fill(template, variables, (text) => outputParser?.format?.(text) ?? text)
    const { text } = await (messages === undefined ? this.complete(prompt, options) : this.chat(messages, options))
    return outputParser === undefined ? text : outputParser.parse(text)
  }

  /**
   * Fills a template and asks with it for JSON that fits a schema.
   *
   * @returns the value, validated, and typed where the schema has a type.
   * @throws HeadraceError `INVALID_OUTPUT`, `OUTPUT_TRUNCATED`; `INVALID_REQUEST` when a variable is missing.
   */
  async structuredPredict<T = unknown>(
    schema: JsonOutput<T>['schema'],
    template: PromptTemplate,
    variables: PromptVariables = {},
    options: StructuredPredictOptions = {},
  ): Promise<T> {
    const { strict, maxAttempts, ...call } = options
    const structuredOutput: JsonOutput<T> = { format: 'json', schema, strict, maxAttempts }
    const { prompt, messages } = fill(template, variables)
    const { parsed } = await (messages === undefined
      ? this.complete<T>(prompt, { ...call, structuredOutput })
      : this.chat<T>(messages, { ...call, structuredOutput }))
    return presentValue(parsed)
  }

  /**
   * A copy with some options changed. The copy is validated as a new one, shares sockets and what was loaded as long as
   * the changes allow it, and is released by its own `unload()`.
   *
   * @throws InvalidOptionError `INVALID_OPTION`
   */
  with(changes: Partial<Options>): this {
    const Class = this.constructor as new (options: Partial<Options>, internals: LLMInternals) => this
    const copy = new Class({ ...this.options, ...changes }, { ...this.#internals, original: this })
    const shared = copy.#shared()
    try {
      if (shared.value !== undefined) copy.#describe(shared.value)
    } catch (error) {
      void shared.release()
      throw error
    }
    return copy
  }

  /** What makes this model again with `fromJSON`: class name, version, options. Secrets are environment references. */
  toJSON(): SerializedLLM {
    return { className: this.className, version, config: this.configuration() }
  }

  /**
   * Ends what is running (`ABORTED`) and lets go of sockets and memory; copies that share them keep theirs. The model
   * can be used again and then loads again.
   */
  async unload(): Promise<void> {
    this.#live.forEach((call) => call.abort(unloaded()))
    const connection = this.#connection
    this.#connection = undefined
    this.#model = undefined
    await connection?.release()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.unload()
  }

  // Loading

  #shared(): SharedResource<Connection> {
    if (this.#connection === undefined) {
      const { original } = this.#internals
      this.#connection =
        original?.hasConnection && this.sharesConnection(original.options as Options)
          ? original.#shared().retain()
          : new SharedResource(
              (signal) => this.connect(signal),
              (connection) => connection.release(),
            ).retain()
    }
    return this.#connection
  }

  #describe(connection: Connection): LoadedModel {
    if (this.#model !== undefined) return this.#model
    const { options, runtime, className } = this
    const description = this.describe(connection)
    let config: Readonly<Record<string, unknown>> | undefined
    this.#model = {
      ...description,
      defaults: mergeOptions(
        mergeOptions(description.defaults, { structuredOutput: options.structuredOutput }),
        options.generationKwargs,
      ),
      refusals: new OutputRefusals(),
      options,
      timeouts: mergeTimeouts(this.classTimeouts, options.timeouts),
      context: {
        engine: connection.engine,
        runtime,
        deadlines: this.#deadlines,
        callbacks: this.callbackManager,
        className,
        config: () => (config ??= { ...this.toJSON() }),
        maxRetries: options.maxRetries ?? 2,
        waitTimeoutMs: options.waitTimeoutMs ?? 300_000,
        live: this.#live,
        renewal: connection.recover && {
          generation: () => connection.generation ?? 0,
          recover: (error, generation) => connection.recover?.(error, generation) ?? Promise.resolve(false),
        },
        explain: connection.explain && ((error) => connection.explain?.(error)),
      },
    }
    return this.#model
  }

  #loaded(): LoadedModel {
    if (this.#model === undefined) {
      throw new NotLoadedError(`${this.className} is not loaded yet: call await llm.load() first.`)
    }
    return this.#model
  }

  /** The model when nothing stands between it and a request, so that most calls need not wait. */
  get #readyModel(): LoadedModel | undefined {
    return this.#model !== undefined && this.connection.isReady !== false ? this.#model : undefined
  }

  /**
   * Loads if need be, and does what is due before a request. When a call's signal aborts or its time is over only that
   * call ends: others may wait for the same load.
   */
  async #ready(call: Pick<CallOptions, 'signal' | 'timeouts'> = {}): Promise<LoadedModel> {
    const { signal } = call
    if (signal?.aborted) throw abortedBy(signal)
    const totalMs = call.timeouts?.totalMs ?? this.options.timeouts?.totalMs ?? this.classTimeouts.totalMs
    return within(this.#prepare(), {
      runtime: this.runtime,
      signal,
      timeoutMs: totalMs,
      toAborted: abortedBy,
      toLate: () =>
        new TimeoutError(`The model was not ready within ${totalMs} ms; raise timeouts.totalMs, or load() it before.`, {
          phase: 'total',
        }),
    })
  }

  async #prepare(): Promise<LoadedModel> {
    const model = this.#model ?? (await this.#load())
    const { connection } = this
    if (connection.isReady === false) await connection.prepare?.()
    return model
  }

  async #load(): Promise<LoadedModel> {
    const shared = this.#shared()
    const connection = await shared.get()
    if (this.#connection !== shared) throw unloaded()
    return this.#describe(connection)
  }

  // Preparing a call: options are checked before the model is loaded, so that a wrong one costs no request.

  async #prepareComplete<T>(
    prompt: string,
    options: CompleteOptions<T> | undefined,
    mode: CallMode,
  ): Promise<CallSpec<CompletionResponse<T>>> {
    if (options !== undefined) parseOptions(completeSchema, options, 'complete')
    return prepareComplete(this.#readyModel ?? (await this.#ready(options)), prompt, options, mode)
  }

  async #prepareChat<T>(
    messages: readonly ChatMessage[],
    options: CallOptions<T> | undefined,
    mode: CallMode,
  ): Promise<CallSpec<ChatResponse<T>>> {
    if (options !== undefined) parseOptions(callSchema, options, 'chat')
    return prepareChat(this.#readyModel ?? (await this.#ready(options)), messages, options, mode)
  }

  // Running a call

  #run<R extends ChatResponse | CompletionResponse>(spec: CallSpec<R>): Promise<R> {
    return new Promise((resolve, reject) => this.#call(spec, { succeed: resolve, fail: reject }).start())
  }

  #call<R extends ChatResponse | CompletionResponse>(spec: CallSpec<R>, consumer: CallConsumer<R>): Call<R> {
    // Unloaded while the call was prepared.
    if (this.#model === undefined) throw unloaded()
    return new Call(this.#model.context, spec, consumer)
  }

  /** One answer, or with `n` several at once, the others beside the first. */
  async #all<R extends ChatResponse | CompletionResponse, O extends CallOptions>(
    options: O | undefined,
    prepare: (options: O | undefined) => Promise<CallSpec<R>>,
  ): Promise<R> {
    const n = options?.n ?? this.options.generationKwargs?.n ?? 1
    const first = await prepare(options)
    if (n === 1) return this.#run(first)
    const { seed } = first.request.options
    const stop = new AbortController()
    const signal = options?.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal])
    try {
      const [answer, ...alternatives] = await Promise.all(
        Array.from({ length: n }, async (_, sample) => {
          const own = { ...options, signal, ...(seed === undefined ? {} : { seed: deriveSeed(seed, sample) }) } as O
          return this.#run(await prepare(own))
        }),
      )
      return { ...(answer as R), alternatives }
    } finally {
      stop.abort()
    }
  }

  #stream<R extends ChatResponse | CompletionResponse>(prepare: () => Promise<CallSpec<R>>): CallStream<R> {
    return new CallStream<R>(async (consumer: CallConsumer<R>) => {
      const spec = await prepare()
      if ((spec.options.n ?? 1) > 1) {
        throw new UnsupportedOptionError(
          'n cannot be honoured in a stream: leave it out, or use chat() or generate().',
          { option: 'n' },
        )
      }
      const { output } = spec
      const isJson = output !== undefined && spec.options.structuredOutput?.format === 'json'
      return {
        call: this.#call(spec, consumer),
        partial: isJson ? new PartialJson({ isWrapped: output.isWrapped }) : undefined,
      }
    })
  }
}

function unloaded(): AbortedError {
  return new AbortedError('The model was unloaded.')
}
