import type { Runtime } from '../../contract/runtime.js'
import { InvalidRequestError } from '../../errors/invalid-request-error.js'
import { ModelNotFoundError } from '../../errors/model-not-found-error.js'
import type { LLMDependencies } from '../../llm/llm-options.js'
import { parseOptions } from '../../llm/parse-options.js'
import { systemRuntime } from '../../transport/system-runtime.js'
import { createTransport } from '../../llm/create-transport.js'
import { endpointVariable } from '../credentials.js'
import { defaultEndpoint, parseEndpoint } from '../endpoint.js'
import { listModels } from '../list-models.js'
import { listEvents, type ModelEvent } from '../list-events.js'
import type { ModelDescription } from '../model-description.js'
import { Session } from '../session.js'
import { type ApiKey, createApiKey, type CreatedApiKey, deleteApiKey, listApiKeys } from './api-keys.js'
import { clientOptionsSchema, type XinferenceClientOptions } from './client-options.js'
import { type LaunchOptions, toLaunchBody, type XinferenceModelType } from './launch-options.js'
import { isDescribable, namedPath } from './model-path.js'
import { createEmbeddings, type RankedDocument, rerank } from './neighbours.js'
import { type LaunchProgress, type ModelReplica, readProgress, readReplica } from './replica.js'
import { asObject, type RequestSettings, type ServerObject, ServerQuestions, unexpected } from './server-questions.js'
import { freeFailedUid, isTakenUid, takenUid } from './taken-uid.js'
import { waitUntilReady, type WaitOptions } from './wait-until-ready.js'

/** What a server says when a request is to be stopped: it was, there is none of that id, the engine cannot. */
export type AbortAnswer = 'DONE' | 'NOT_FOUND' | 'NO_OP'

/** A launch on a server before 1.5 answers when the model is there. */
const launchTimeoutMs = 1_800_000
/** A look at a launch that goes on. */
const pollTimeoutMs = 90_000

/**
 * An Xinference server, managed: which models there are, launching and ending them, registrations, engines, users' keys,
 * embeddings, rerank. The chat is with `Xinference`.
 *
 * All methods reject with a `HeadraceError`; see `docs/errors.md`.
 */
export class XinferenceClient {
  readonly #session: Session
  readonly #ask: ServerQuestions
  readonly #runtime: Runtime

  /** Validates the options; sends nothing. @throws HeadraceError `INVALID_OPTION`; `FILE_UNREADABLE` for `caFile` */
  constructor(options: XinferenceClientOptions = {}, { runtime = systemRuntime, transport }: LLMDependencies = {}) {
    const parsed = parseOptions(clientOptionsSchema, options, 'XinferenceClient')
    const endpoint = parseEndpoint(parsed.endpoint ?? runtime.env[endpointVariable] ?? defaultEndpoint)
    this.#runtime = runtime
    this.#session = new Session(
      endpoint,
      parsed,
      (secrets) => transport ?? createTransport(parsed, runtime, secrets),
      runtime,
      parsed.maxRetries,
    )
    this.#ask = new ServerQuestions(this.#session, parsed.timeoutMs)
  }

  /** The server's root. */
  get endpoint(): string {
    return this.#session.endpoint.url
  }

  // Server

  /** Proves the credential with one request, or logs in. Every method does it by itself. */
  async login({ signal }: Pick<RequestSettings, 'signal'> = {}): Promise<void> {
    await this.#session.prepare(signal)
  }

  /** Whether the server asks for a credential. Sends none. */
  async needsCredential(settings: RequestSettings = {}): Promise<boolean> {
    // A server before 0.8 has no such route.
    const { auth } = await this.#ask.openObject('/v1/cluster/auth', settings)
    return auth === true
  }

  /** Whether the first user is still to be made; every protected route is refused until then (server 3). */
  async needsSetup(settings: RequestSettings = {}): Promise<boolean> {
    const { needs_setup: needsSetup } = await this.#ask.openObject('/v1/admin/setup/status', settings)
    return needsSetup === true
  }

  /**
   * Makes the first user, who may do everything. Works once in a server's life.
   *
   * `setupToken` is in the server's log at its first start; asked for since server 4.
   *
   * @throws HeadraceError `PERMISSION_DENIED` for a wrong token and once there is a user.
   */
  async setUp({ username, password, setupToken }: FirstUser, settings: RequestSettings = {}): Promise<void> {
    this.#session.keep(password)
    if (setupToken !== undefined) this.#session.keep(setupToken)
    const body = { username, password, ...(setupToken === undefined ? {} : { setup_token: setupToken }) }
    const request = { method: 'POST', path: '/v1/admin/setup', isOpen: true, isConfidential: true } as const
    await this.#ask.send({ ...settings, ...request, body })
  }

  /**
   * Makes an API key, which may list and ask models and nothing else (server 3). The key is shown this once.
   *
   * @throws HeadraceError `INVALID_REQUEST` for a name that a key has already.
   */
  createApiKey(name: string, settings: RequestSettings = {}): Promise<CreatedApiKey> {
    return createApiKey(this.#ask, name, settings)
  }

  /** The API keys: an administrator's list has everybody's (server 3). */
  listApiKeys(settings: RequestSettings = {}): Promise<readonly ApiKey[]> {
    return listApiKeys(this.#ask, settings)
  }

  /** Makes a key useless. @throws HeadraceError `INVALID_REQUEST` when there is none with this id. */
  deleteApiKey(id: number, settings: RequestSettings = {}): Promise<void> {
    return deleteApiKey(this.#ask, id, settings)
  }

  /** The server's version; needs an administrator. */
  async version(settings: RequestSettings = {}): Promise<string> {
    const path = '/v1/cluster/version'
    const { version } = await this.#ask.object({ ...settings, path })
    if (typeof version !== 'string') throw unexpected(path)
    return version
  }

  /** The workers and what runs on them; needs an administrator. */
  async listWorkers(settings: RequestSettings = {}): Promise<readonly ServerObject[]> {
    return this.#ask.list({ ...settings, path: '/v1/workers' })
  }

  // Models

  /** All running models, of every type. */
  async listModels(settings: RequestSettings = {}): Promise<readonly ModelDescription[]> {
    return listModels(this.#session, { ...settings, timeoutMs: settings.timeoutMs ?? this.#ask.timeoutMs })
  }

  /**
   * One running model.
   *
   * @throws HeadraceError `MODEL_NOT_FOUND`, `MODEL_LOADING`
   */
  async describeModel(modelUid: string, settings: RequestSettings = {}): Promise<ModelDescription> {
    if (isDescribable(modelUid)) return this.#ask.object({ ...settings, path: namedPath('/v1/models', modelUid) })
    // Its path would lead elsewhere; the list has it.
    const models = await this.listModels(settings)
    const description = models.find(({ id }) => id === modelUid)
    if (description !== undefined) return description
    throw new ModelNotFoundError(`${this.endpoint} has no model with the uid ${JSON.stringify(modelUid)}.`, {
      available: models.map(({ id }) => String(id)),
    })
  }

  /**
   * Begins to launch a model and comes back at once; {@link waitUntilReady} waits. A server before 1.5 answers when the
   * model is ready.
   *
   * An old server that still has the uid of a launch that failed is told to forget it, and launches then.
   *
   * @returns the model's uid.
   * @throws HeadraceError `INVALID_OPTION` for an option with a wrong name or value; `INVALID_REQUEST` for a uid that is
   * taken, an unknown model or engine (the server's reason); `PERMISSION_DENIED` for a key that may not launch.
   */
  async launchModel(options: LaunchOptions, settings: RequestSettings = {}): Promise<string> {
    const body = toLaunchBody(options)
    for (const [name, value] of Object.entries(options.envs ?? {})) {
      if (/key|token|secret|password/i.test(name)) this.#session.keep(value)
    }
    const { modelUid } = options
    try {
      return await this.#launch(body, settings)
    } catch (error) {
      if (modelUid === undefined || !isTakenUid(error)) throw error
      const isFree = await freeFailedUid(modelUid, {
        replicas: (uid) => this.listReplicas(uid, settings),
        instances: (uid) => this.#listInstances(uid, settings),
        terminate: (uid) => this.terminateModel(uid, settings),
      })
      if (!isFree) throw takenUid(error, modelUid, this.endpoint)
      return this.#launch(body, settings)
    }
  }

  /** Resolves when every replica is ready. @throws HeadraceError `LAUNCH_FAILED`, `MODEL_NOT_FOUND`, `TIMEOUT`, `ABORTED` */
  async waitUntilReady(modelUid: string, options: WaitOptions = {}): Promise<void> {
    const settings = (withinMs: number): RequestSettings => ({
      signal: options.signal,
      timeoutMs: Math.min(withinMs, this.#ask.timeoutMs ?? pollTimeoutMs),
      // It looks again anyway.
      maxRetries: 0,
    })
    await waitUntilReady(
      modelUid,
      options,
      {
        describe: (uid, withinMs) => this.describeModel(uid, settings(withinMs)),
        replicas: (uid, withinMs) => this.listReplicas(uid, settings(withinMs)),
        instances: (uid, withinMs) => this.#listInstances(uid, settings(withinMs)),
        progress: (uid, withinMs) => this.launchProgress(uid, settings(withinMs)),
      },
      this.#runtime,
    )
  }

  /** How far a launch is. A uid that nobody knows is at 0: no way to ask whether a model exists. */
  async launchProgress(modelUid: string, settings: RequestSettings = {}): Promise<LaunchProgress> {
    return readProgress(await this.#ask.send({ ...settings, path: namedPath('/v1/models', modelUid, '/progress') }))
  }

  /**
   * Ends a launch that is under way.
   *
   * @throws HeadraceError `MODEL_NOT_FOUND`; `INVALID_REQUEST` for a model that is ready, or one of its copies: server 4.1
   * would forget it and let it run on, where nothing can end it any more.
   */
  async cancelLaunch(modelUid: string, settings: RequestSettings = {}): Promise<void> {
    const path = namedPath('/v1/models', modelUid, '/cancel')
    // A server that does not tell has to decide itself.
    const replicas = await this.listReplicas(modelUid, settings).catch(() => [])
    const ready = replicas.filter(({ status }) => status === 'READY').length
    if (ready > 0) {
      const which = ready === replicas.length ? 'is ready' : `has ${ready} of ${replicas.length} copies ready`
      throw new InvalidRequestError(
        `${modelUid} ${which}, so its launch cannot be cancelled: when all is ready, end it with terminateModel.`,
      )
    }
    await this.#ask.send({ ...settings, method: 'POST', path })
  }

  /** Ends a model. @throws HeadraceError `MODEL_NOT_FOUND` */
  async terminateModel(modelUid: string, settings: RequestSettings = {}): Promise<void> {
    await this.#ask.send({ ...settings, method: 'DELETE', path: namedPath('/v1/models', modelUid) })
  }

  /** The copies of a model and their states. */
  async listReplicas(modelUid: string, settings: RequestSettings = {}): Promise<readonly ModelReplica[]> {
    const replicas = await this.#ask.list({ ...settings, path: namedPath('/v1/models', modelUid, '/replicas') })
    return replicas.map(readReplica)
  }

  /** What the server noted about a model last, its failures among it; oldest first. Empty for one that nobody knows. */
  async listEvents(modelUid: string, settings: RequestSettings = {}): Promise<readonly ModelEvent[]> {
    const timeoutMs = settings.timeoutMs ?? this.#ask.timeoutMs
    return (await listEvents(this.#session, modelUid, { ...settings, timeoutMs })).events
  }

  /**
   * Stops a request that was sent with this `request_id` (in `extraBody`). The engines Transformers and, since server 4,
   * vLLM obey; elsewhere closing the connection is what stops it.
   */
  async abortRequest(modelUid: string, requestId: string, settings: RequestSettings = {}): Promise<AbortAnswer> {
    const path = `${namedPath(namedPath('/v1/models', modelUid, '/requests'), requestId)}/abort`
    // Without a body the server fails.
    const { msg } = await this.#ask.object({ ...settings, method: 'POST', path, body: {} })
    if (msg !== 'DONE' && msg !== 'NOT_FOUND' && msg !== 'NO_OP') throw unexpected(path)
    return msg
  }

  // Catalogue

  /** Built-in and registered models of a type. */
  async listRegistrations(
    modelType: XinferenceModelType = 'LLM',
    { detailed = false, ...settings }: RequestSettings & { readonly detailed?: boolean | undefined } = {},
  ): Promise<readonly ServerObject[]> {
    return this.#ask.list({
      ...settings,
      path: `/v1/model_registrations/${modelType}${detailed ? '?detailed=true' : ''}`,
    })
  }

  /** Adds a model of one's own, described as Xinference's documentation of custom models says. */
  async registerModel(
    model: ServerObject,
    { modelType = 'LLM', persist = true, ...settings }: RegisterSettings = {},
  ): Promise<void> {
    const body = { model: JSON.stringify(model), persist }
    await this.#ask.send({ ...settings, method: 'POST', path: `/v1/model_registrations/${modelType}`, body })
  }

  async unregisterModel(
    modelName: string,
    { modelType = 'LLM', ...settings }: Omit<RegisterSettings, 'persist'> = {},
  ): Promise<void> {
    const path = namedPath(`/v1/model_registrations/${modelType}`, modelName)
    await this.#ask.send({ ...settings, method: 'DELETE', path })
  }

  /**
   * The engines that can run a model here: what they take, or the reason why one cannot.
   *
   * @throws HeadraceError `MODEL_NOT_FOUND` for a name that is neither built in nor registered.
   */
  async listEngines(
    modelName: string,
    settings: RequestSettings = {},
  ): Promise<Readonly<Record<string, readonly ServerObject[] | string>>> {
    const path = namedPath('/v1/engines', modelName)
    const engines = await this.#ask.send({ ...settings, path })
    if (engines === null) throw new ModelNotFoundError(`${this.endpoint} knows no model by the name ${modelName}.`)
    return asObject(engines, path) as Readonly<Record<string, readonly ServerObject[] | string>>
  }

  /** What was downloaded. */
  async listCachedModels(settings: RequestSettings = {}): Promise<readonly ServerObject[]> {
    const { list } = await this.#ask.object({ ...settings, path: '/v1/cache/models' })
    return Array.isArray(list) ? (list as ServerObject[]) : []
  }

  // Neighbours

  /** One vector a text, in their order. @throws HeadraceError `MODEL_NOT_FOUND`, `MODEL_ABILITY` for one that makes none */
  createEmbeddings(
    modelUid: string,
    input: string | readonly string[],
    settings: RequestSettings = {},
  ): Promise<readonly (readonly number[])[]> {
    return createEmbeddings(this.#ask, modelUid, input, settings)
  }

  /** The documents by relevance, the best first; `index` is the place in `documents`. */
  rerank(
    modelUid: string,
    query: string,
    documents: readonly string[],
    { topN, ...settings }: RequestSettings & { readonly topN?: number | undefined } = {},
  ): Promise<readonly RankedDocument[]> {
    return rerank(this.#ask, { modelUid, query, documents, topN }, settings)
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    await this.#session.transport.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #launch(body: ServerObject, settings: RequestSettings): Promise<string> {
    const { timeoutMs = this.#ask.timeoutMs ?? launchTimeoutMs, signal } = settings
    const path = '/v1/models?wait_ready=false'
    const { model_uid: modelUid } = await this.#ask.object({ method: 'POST', path, body, timeoutMs, signal })
    if (typeof modelUid !== 'string') throw unexpected(path)
    return modelUid
  }

  /** The states of whole models, which servers before 2 have instead of replicas. */
  async #listInstances(modelUid: string, settings: RequestSettings): Promise<readonly ModelReplica[]> {
    const path = `/v1/models/instances?model_uid=${encodeURIComponent(modelUid)}`
    return (await this.#ask.list({ ...settings, path })).map(readReplica)
  }
}

/** Who `setUp` makes. */
export interface FirstUser {
  readonly username: string
  /** At least 8 characters. */
  readonly password: string
  readonly setupToken?: string | undefined
}

export interface RegisterSettings extends RequestSettings {
  /** @defaultValue 'LLM' */
  readonly modelType?: XinferenceModelType | undefined
  /** Keep it when the server restarts. @defaultValue true */
  readonly persist?: boolean | undefined
}
