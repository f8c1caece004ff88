import { z } from 'zod'

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
import type { CompleteOptions } from '../contract/options.js'
import type { PromptFormat } from '../contract/prompt-format.js'
import type { ChatResponse, CompletionResponse, Warning } from '../contract/response.js'
import type { ChatStream, CompletionStream } from '../contract/stream-part.js'
import { createTransport } from '../llm/create-transport.js'
import { DialectEngine } from '../llm/dialect-engine.js'
import { type AncestorReading, fromJSON, type FromJSONOptions } from '../llm/from-json.js'
import type { LLMDependencies } from '../llm/llm-options.js'
import { type Connection, LLM } from '../llm/llm.js'
import type { Description } from '../llm/loaded-model.js'
import { parseOptions } from '../llm/parse-options.js'
import { checkPromptOptions, loadPromptFormat } from '../llm/prompt-options.js'
import { connectionToJSON, resolveSecret } from '../llm/secret.js'
import { redactError } from '../transport/redact.js'
import type { Transport } from '../transport/transport.js'
import { type AncestorAliases, withoutAliases } from './aliases.js'
import { hubUrlOf } from '../template/hub/hub-environment.js'
import { findKey, keyVariable } from './hub-key.js'
import { locate, type Location, type ServerDescription } from './locate.js'
import {
  type InferenceEndpointsCallOptions,
  type InferenceEndpointsOptions,
  inferenceEndpointsOptionsSchema,
  loadedInferenceEndpointsSchema,
} from './options.js'
import { readDistilabelDictionary } from './read-distilabel-dictionary.js'
import { findTarget, type Target } from './target.js'

interface InferenceEndpointsConnection extends Connection {
  readonly location: Location
  readonly format: PromptFormat | undefined
}

/** As the Python ancestor: short answers, sampled. */
const ancestorDefaults = { maxTokens: 128, temperature: 1 }

/** What decides which server is asked, and how. */
const connectionOptions = [
  'modelId',
  'provider',
  'billTo',
  'endpointName',
  'endpointNamespace',
  'baseUrl',
  'engine',
  'tokenizerId',
  'tokenizerRevision',
  'chatTemplate',
  'useMagpieTemplate',
  'magpiePreQueryTemplate',
  'routerUrl',
  'managementUrl',
  'hubUrl',
  'apiKey',
  'headers',
  'caFile',
  'fetch',
] as const

/**
 * A model behind Hugging Face's Inference Providers (`modelId`), a dedicated Inference Endpoint (`endpointName`), or any
 * server that speaks TGI's or OpenAI's protocol (`baseUrl`): TGI, vLLM, SGLang, llama.cpp. The counterpart of distilabel's
 * class of this name.
 *
 * With `tokenizerId` conversations are rendered here and sent as literal text where that route carries all of a call's
 * options; otherwise they go as conversations. `response.route` says which, and a warning why.
 *
 * @example
 * ```ts
 * const llm = await new InferenceEndpointsLLM({ baseUrl: 'http://127.0.0.1:8080' }).load()
 * const [output] = await llm.generate([[{ role: 'user', content: 'Hello world!' }]])
 * ```
 */
export class InferenceEndpointsLLM extends LLM<InferenceEndpointsOptions> {
  static readonly className = 'InferenceEndpointsLLM'
  override readonly className: string = InferenceEndpointsLLM.className
  readonly #target: Target
  readonly #targetWarnings: readonly Warning[]

  /**
   * Validates the options; asks nobody.
   *
   * @throws InvalidOptionError `INVALID_OPTION` for a wrong option, no target or two, `useMagpieTemplate` without
   * `tokenizerId`.
   */
  constructor(options: InferenceEndpointsOptions, internals: LLMDependencies = {}) {
    const parsed = parseOptions(inferenceEndpointsOptionsSchema, options, 'InferenceEndpointsLLM')
    const generationKwargs = withoutAliases(parsed.generationKwargs, 'generationKwargs')
    super(generationKwargs === undefined ? parsed : { ...parsed, generationKwargs }, internals)
    const { target, warnings } = findTarget(parsed)
    this.#target = target
    this.#targetWarnings = warnings
    checkPromptOptions(parsed, 'InferenceEndpointsLLM')
  }

  /** The JSON Schema of the loaded model, or with `io: 'input'` of the constructor's options. */
  static jsonSchema({ io = 'output' }: { readonly io?: 'input' | 'output' | undefined } = {}): Record<string, unknown> {
    const schema = io === 'input' ? inferenceEndpointsOptionsSchema : loadedInferenceEndpointsSchema
    return z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  }

  /**
   * The model that `toJSON()` or distilabel's `dump()` wrote.
   *
   * @throws SerializationError `NOT_DESERIALIZABLE`
   */
  static fromJSON(json: unknown, options: Omit<FromJSONOptions, 'classes'> = {}): InferenceEndpointsLLM {
    return fromJSON(json, { ...options, classes: [InferenceEndpointsLLM] }) as InferenceEndpointsLLM
  }

  /** The constructor's options in a dictionary of distilabel's class, and the fields that mean nothing here. */
  static readAncestor(dictionary: Readonly<Record<string, unknown>>): AncestorReading {
    return readDistilabelDictionary(dictionary)
  }

  /**
   * What the model is called: `modelDisplayName`, the endpoint's repository once it is loaded, `modelId`, `endpointName`,
   * or `baseUrl`.
   */
  get modelName(): string {
    return nameOf(this.options, this.isLoaded ? this.#location.repository : undefined)
  }

  /** The address that requests go to. @throws NotLoadedError `NOT_LOADED` before `load()`. */
  get baseUrl(): string {
    return this.#location.address.url
  }

  /** What serves the model, and how that is known. @throws NotLoadedError `NOT_LOADED` before `load()`. */
  get server(): ServerDescription {
    const { engine, version, evidence } = this.#location.server
    return { engine, version, evidence }
  }

  override async complete<T = unknown>(
    prompt: string,
    options?: CompleteOptions<T> & AncestorAliases,
  ): Promise<CompletionResponse<T>> {
    return super.complete<T>(prompt, withoutAliases(options, 'complete'))
  }

  override streamComplete<T = unknown>(
    prompt: string,
    options?: CompleteOptions<T> & AncestorAliases,
  ): CompletionStream<T> {
    return super.streamComplete<T>(prompt, withoutAliases(options, 'complete'))
  }

  override async chat<T = unknown>(
    messages: readonly ChatMessage[],
    options?: InferenceEndpointsCallOptions<T>,
  ): Promise<ChatResponse<T>> {
    return super.chat<T>(messages, withoutAliases(options, 'chat'))
  }

  override streamChat<T = unknown>(
    messages: readonly ChatMessage[],
    options?: InferenceEndpointsCallOptions<T>,
  ): ChatStream<T> {
    return super.streamChat<T>(messages, withoutAliases(options, 'chat'))
  }

  override async generate(
    inputs: readonly GenerateInput[],
    options: GenerateOptions & AncestorAliases = {},
  ): Promise<GenerateOutput[]> {
    return super.generate(inputs, withoutAliases(options, 'generate'))
  }

  override async generateOne(
    input: GenerateInput,
    options: GenerateOneOptions & AncestorAliases = {},
    handle?: CallHandle,
  ): Promise<GenerateOneResult> {
    return super.generateOne(input, withoutAliases(options, 'generateOne'), handle)
  }

  override async prepareInput(
    input: GenerateInput,
    options: InferenceEndpointsCallOptions = {},
  ): Promise<PreparedInput> {
    return super.prepareInput(input, withoutAliases(options, 'prepareInput'))
  }

  get #location(): Location {
    return (this.connection as InferenceEndpointsConnection).location
  }

  protected override async connect(signal: AbortSignal): Promise<InferenceEndpointsConnection> {
    const { options, runtime } = this
    const secrets: string[] = []
    const given = Object.entries(options.headers ?? {}).map(
      ([name, value]) => [name.toLowerCase(), resolveSecret(value, runtime.env, `headers.${name}`)] as const,
    )
    secrets.push(...given.map(([, value]) => value).filter((value) => value.length >= 6))
    const connectMs = options.timeouts?.connectMs ?? this.classTimeouts.connectMs
    const transport = createTransport(options, runtime, () => secrets, connectMs)
    try {
      const location = await locate(this.#target, {
        options,
        transport,
        runtime,
        signal,
        onKey: (key) => secrets.push(key),
        onWaiting: (cause, waitedMs, delayMs) =>
          this.callbackManager.emit('waiting', { id: 'load', className: this.className, waitedMs, delayMs, cause }),
      })
      const headers = {
        'content-type': 'application/json',
        ...location.headers,
        ...(location.key === undefined ? {} : { authorization: `Bearer ${location.key}` }),
        ...Object.fromEntries(given),
      }
      const engine = new DialectEngine({
        dialect: location.dialect,
        transport,
        runtime,
        origin: location.address.origin,
        basePath: location.address.basePath,
        headers: () => headers,
        secrets,
      })
      const format = await this.#loadFormat(transport, signal)
      return { engine, location, format, release: () => transport.close() }
    } catch (error) {
      await transport.close()
      throw redactError(error, secrets)
    }
  }

  async #loadFormat(transport: Transport, signal: AbortSignal): Promise<PromptFormat | undefined> {
    const { options, runtime } = this
    const hubUrl = options.hubUrl ?? hubUrlOf(runtime.env)
    // The key of a server of one's own is not for the Hub.
    const token = this.#target.kind === 'url' ? undefined : await findKey(options.apiKey, hubUrl, runtime.env)
    return loadPromptFormat(options, { token, hubUrl, transport, runtime, signal })
  }

  protected override describe(connection: Connection): Description {
    const { location, format, engine } = connection as InferenceEndpointsConnection
    const { chat = true, tools = false, vision = false } = engine.capabilities
    const { contextWindow: given, useMagpieTemplate = false } = this.options
    const contextWindow = given ?? location.contextWindow
    const warnings = [...this.#targetWarnings, ...location.warnings]
    return {
      metadata: {
        contextWindow,
        contextWindowSource: given !== undefined ? 'given' : contextWindow === undefined ? 'unknown' : 'engine',
        numOutput: this.options.generationKwargs?.maxTokens ?? ancestorDefaults.maxTokens,
        modelName: nameOf(this.options, location.repository),
        servedModel: location.servedModel,
        isChatModel: chat || format !== undefined,
        isFunctionCallingModel: tools,
        isVisionModel: vision,
      },
      windowTokens: contextWindow,
      prompting: format && { format, use: 'send', opensUserTurn: useMagpieTemplate },
      defaults: ancestorDefaults,
      warnings,
    }
  }

  protected override sharesConnection(original: InferenceEndpointsOptions): boolean {
    const own = this.options
    return (
      connectionOptions.every((name) => own[name] === original[name]) &&
      own.timeouts?.connectMs === original.timeouts?.connectMs
    )
  }

  protected override configuration(): Record<string, unknown> {
    const { apiKey, headers, caFile } = this.options
    const { fetch: _fetch, ...plain } = super.configuration()
    return { ...plain, ...connectionToJSON({ apiKey, headers, caFile }, keyVariable) }
  }
}

function nameOf(options: InferenceEndpointsOptions, repository: string | undefined): string {
  const { modelDisplayName, modelId, endpointName, baseUrl = '' } = options
  return modelDisplayName ?? repository ?? modelId ?? endpointName ?? baseUrl
}
