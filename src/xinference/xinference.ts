import { z } from 'zod'

import type { PromptFormat } from '../contract/prompt-format.js'
import type { CompletionResponse, Warning } from '../contract/response.js'
import type { CompletionStream } from '../contract/stream-part.js'
import { readDescription } from '../dialects/xinference/read-description.js'
import { XinferenceDialect } from '../dialects/xinference/xinference-dialect.js'
import { ContextOverflowError } from '../errors/context-overflow-error.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { DialectEngine } from '../llm/dialect-engine.js'
import { type Connection, LLM } from '../llm/llm.js'
import type { Description } from '../llm/loaded-model.js'
import type { LLMDependencies } from '../llm/llm-options.js'
import { type AncestorReading, fromJSON, type FromJSONOptions } from '../llm/from-json.js'
import { parseOptions } from '../llm/parse-options.js'
import { checkPromptOptions, loadPromptFormat } from '../llm/prompt-options.js'
import { connectionToJSON, toSecretReference } from '../llm/secret.js'
import { redactError } from '../transport/redact.js'
import type { Transport } from '../transport/transport.js'
import { findContextWindow } from './context-window.js'
import { createTransport } from '../llm/create-transport.js'
import { checkCredentials, endpointVariable, keyVariable, passwordVariable } from './credentials.js'
import { defaultEndpoint, type Endpoint, parseEndpoint } from './endpoint.js'
import { FailureExplainer } from './failure-explainer.js'
import { findModel } from './find-model.js'
import { readLlamaIndexDictionary } from './read-llama-index-dictionary.js'
import type { ModelDescription } from './model-description.js'
import {
  loadedXinferenceSchema,
  type XinferenceCompleteOptions,
  type XinferenceOptions,
  xinferenceOptionsSchema,
} from './options.js'
import { RemoteAbort } from './remote-abort.js'
import { Session } from './session.js'

const defaultTemperature = 1

interface XinferenceConnection extends Connection {
  readonly modelDescription: ModelDescription
  readonly format: PromptFormat | undefined
}

/**
 * A language model on an Xinference server (0.8 to 4.1), with the behaviour of LlamaIndex's Python class of this name;
 * `docs/coming-from-llamaindex.md` says what differs.
 *
 * @example
 * ```ts
 * const llm = await new Xinference({ endpoint: 'http://127.0.0.1:9997', modelUid: 'qwen3' }).load()
 * const { text } = await llm.complete('Name two colors.')
 * ```
 */
export class Xinference extends LLM<XinferenceOptions> {
  static readonly className: string = 'Xinference_llm'
  override readonly className: string = Xinference.className
  readonly #endpoint: Endpoint

  /**
   * Validates the options; sends nothing.
   *
   * @throws InvalidOptionError `INVALID_OPTION`
   */
  constructor(options: XinferenceOptions, internals: LLMDependencies = {}) {
    super(parseOptions(xinferenceOptionsSchema, options, 'Xinference'), internals)
    checkCredentials(this.options)
    checkPromptOptions(this.options, 'Xinference')
    this.#endpoint = parseEndpoint(this.options.endpoint ?? this.runtime.env[endpointVariable] ?? defaultEndpoint)
    const { maxTokens, contextWindow } = this.options
    if (maxTokens !== undefined && contextWindow !== undefined) checkFits(maxTokens, contextWindow)
  }

  /**
   * The JSON Schema of the loaded model, or with `io: 'input'` of the constructor's options.
   */
  static jsonSchema({ io = 'output' }: { readonly io?: 'input' | 'output' | undefined } = {}): Record<string, unknown> {
    const schema = io === 'input' ? xinferenceOptionsSchema : loadedXinferenceSchema
    return z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  }

  /**
   * The model that `toJSON()` or LlamaIndex's `to_dict()` wrote.
   *
   * @throws SerializationError `NOT_DESERIALIZABLE`
   */
  static fromJSON(json: unknown, options: Omit<FromJSONOptions, 'classes'> = {}): Xinference {
    return fromJSON(json, { ...options, classes: [Xinference] }) as Xinference
  }

  /** The constructor's options in a dictionary of LlamaIndex's class, and the fields that mean nothing here. */
  static readAncestor(dictionary: Readonly<Record<string, unknown>>): AncestorReading {
    return readLlamaIndexDictionary(dictionary)
  }

  get modelUid(): string {
    return this.options.modelUid
  }

  /** The server's root, without a trailing slash or `/v1`. */
  get endpoint(): string {
    return this.#endpoint.url
  }

  get temperature(): number {
    return this.options.temperature ?? defaultTemperature
  }

  /** The default of every call. @throws NotLoadedError `NOT_LOADED` before `load()`. */
  get maxTokens(): number | undefined {
    return this.metadata.numOutput
  }

  /** Tokens that prompt and answer share, undivided. @throws NotLoadedError `NOT_LOADED` before `load()`. */
  get contextWindow(): number | undefined {
    return findContextWindow(this.options.contextWindow, this.modelDescription).tokens
  }

  /** The model's entry of the server's list. @throws NotLoadedError `NOT_LOADED` before `load()`. */
  get modelDescription(): ModelDescription {
    return (this.connection as XinferenceConnection).modelDescription
  }

  /**
   * Looks a model up, changing nothing here.
   *
   * @returns a loaded handle, which can chat and continue text by itself; the context window, where it is known; the
   * model's entry of the server's list.
   * @throws HeadraceError `MODEL_NOT_FOUND`, `CONNECTION_FAILED`, `AUTHENTICATION_FAILED`, ...
   */
  async loadModel(
    modelUid: string,
    endpoint: string,
  ): Promise<[handle: Xinference, contextWindow: number | undefined, modelDescription: ModelDescription]> {
    const { maxTokens: _m, contextWindow: _c, modelDescription: _d, ...options } = this.options
    const isOwnServer = parseEndpoint(endpoint).url === this.endpoint
    // A credential is for the server that it was given for.
    const { apiKey: _k, username: _u, password: _p, headers: _h, ...foreign } = options
    const handle = new Xinference(
      { ...(isOwnServer ? options : foreign), modelUid, endpoint },
      { runtime: this.runtime },
    )
    await handle.load()
    return [handle, handle.contextWindow, handle.modelDescription]
  }

  override async complete<T = unknown>(
    prompt: string,
    options?: XinferenceCompleteOptions<T>,
  ): Promise<CompletionResponse<T>> {
    return super.complete(prompt, withoutAlias(options))
  }

  override streamComplete<T = unknown>(prompt: string, options?: XinferenceCompleteOptions<T>): CompletionStream<T> {
    return super.streamComplete(prompt, withoutAlias(options))
  }

  protected override async connect(signal: AbortSignal): Promise<XinferenceConnection> {
    const { modelUid, timeouts } = this.options
    const connectMs = timeouts?.connectMs ?? this.classTimeouts.connectMs
    const transport = (secrets: () => readonly string[]): Transport =>
      createTransport(this.options, this.runtime, secrets, connectMs)
    const session = new Session(this.#endpoint, this.options, transport, this.runtime, this.options.maxRetries)
    const explainer = new FailureExplainer(session, modelUid, this.runtime)
    try {
      const modelDescription =
        this.options.modelDescription ??
        (await findModel(session, modelUid, {
          runtime: this.runtime,
          signal,
          waitTimeoutMs: this.options.waitTimeoutMs ?? 300_000,
          onWaiting: (cause, waitedMs, delayMs) =>
            this.callbackManager.emit('waiting', { id: 'load', className: this.className, waitedMs, delayMs, cause }),
        }))
      const model = readDescription(modelUid, modelDescription)
      const requests = new DialectEngine({
        dialect: new XinferenceDialect(model),
        transport: session.transport,
        origin: this.#endpoint.origin,
        basePath: this.#endpoint.basePath,
        headers: () => session.jsonHeaders,
        secrets: session.secrets,
        runtime: this.runtime,
      })
      const remoteAbort = model.engine === 'transformers' ? new RemoteAbort(requests, session, modelUid) : undefined
      const format = await loadPromptFormat(this.options, {
        transport: session.transport,
        runtime: this.runtime,
        signal,
      })
      return {
        engine: remoteAbort ?? requests,
        modelDescription,
        format,
        get isReady() {
          return session.isReady
        },
        prepare: () => session.prepare(),
        get generation() {
          return session.generation
        },
        recover: (error, generation) => session.recover(error, generation),
        explain: (error) => explainer.explain(error),
        release: async () => {
          await remoteAbort?.settled()
          await session.transport.close()
        },
      }
    } catch (error) {
      await session.transport.close()
      throw redactError(error, session.secrets)
    }
  }

  protected override describe({ engine, modelDescription, format }: XinferenceConnection): Description {
    const { modelUid, contextWindowRatio = 1, useMagpieTemplate = false } = this.options
    const { chat = true, tools = false, vision = false } = engine.capabilities
    const { tokens, source, warning } = findContextWindow(this.options.contextWindow, modelDescription)
    if (this.options.maxTokens !== undefined && tokens !== undefined) checkFits(this.options.maxTokens, tokens)
    const maxTokens = this.options.maxTokens ?? (tokens === undefined ? undefined : Math.max(1, Math.floor(tokens / 4)))
    const warnings: Warning[] = warning === undefined ? [] : [warning]
    return {
      metadata: {
        contextWindow: tokens === undefined ? undefined : Math.floor(tokens / contextWindowRatio),
        contextWindowSource: source,
        numOutput: maxTokens,
        modelName: modelUid,
        servedModel: servedModelOf(modelDescription),
        isChatModel: chat,
        isFunctionCallingModel: tools,
        isVisionModel: vision,
      },
      windowTokens: tokens,
      prompting: format && { format, use: 'count', opensUserTurn: useMagpieTemplate },
      defaults: { temperature: this.temperature, ...(maxTokens === undefined ? {} : { maxTokens }) },
      warnings,
    }
  }

  protected override sharesConnection(original: XinferenceOptions): boolean {
    const own = this.options
    const same = [
      'modelUid',
      'endpoint',
      'apiKey',
      'username',
      'password',
      'headers',
      'caFile',
      'fetch',
      'modelDescription',
      'tokenizerId',
      'tokenizerRevision',
      'chatTemplate',
      'magpiePreQueryTemplate',
    ] as const
    return (
      same.every((name) => own[name] === original[name]) && own.timeouts?.connectMs === original.timeouts?.connectMs
    )
  }

  protected override configuration(): Record<string, unknown> {
    const { apiKey, headers, caFile, password } = this.options
    const { fetch: _fetch, ...plain } = super.configuration()
    return {
      ...plain,
      endpoint: this.endpoint,
      temperature: this.temperature,
      ...connectionToJSON({ apiKey, headers, caFile }, keyVariable),
      ...(password === undefined ? {} : { password: toSecretReference(password, passwordVariable) }),
    }
  }
}

/** `qwen2.5-instruct 7 4-bit`: the family and what of it was launched, whatever its uid. */
function servedModelOf(description: ModelDescription): string | undefined {
  const { model_name: name, model_size_in_billions: size, quantization } = description
  if (name === undefined) return undefined
  return [name, size, quantization].filter((part) => typeof part === 'string' || typeof part === 'number').join(' ')
}

function checkFits(maxTokens: number, contextWindow: number): void {
  if (maxTokens <= contextWindow) return
  throw new ContextOverflowError(
    `maxTokens is ${maxTokens}, more than the context window of ${contextWindow} tokens: lower maxTokens.`,
    { context: { maxTokens, contextWindow } },
  )
}

function withoutAlias<T>(options: XinferenceCompleteOptions<T> | undefined): XinferenceCompleteOptions<T> | undefined {
  if (options === undefined || options.formatted === undefined) return options
  const { formatted, ...rest } = options
  if (rest.raw !== undefined && rest.raw !== formatted) {
    throw new InvalidOptionError(
      `complete: raw (${rest.raw}) and formatted (${formatted}) are two names of one option: give one.`,
      {
        option: 'formatted',
      },
    )
  }
  return { ...rest, raw: formatted }
}
