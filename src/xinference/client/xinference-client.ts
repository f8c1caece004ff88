import type { Runtime } from '../../contract/runtime.js'
import { MalformedResponseError } from '../../errors/malformed-response-error.js'
import type { LLMDependencies } from '../../llm/llm-options.js'
import { parseOptions } from '../../llm/parse-options.js'
import { systemRuntime } from '../../transport/system-runtime.js'
import { createTransport } from '../create-transport.js'
import { defaultEndpoint, parseEndpoint } from '../endpoint.js'
import { listModels } from '../list-models.js'
import type { ModelDescription } from '../model-description.js'
import { Session, type SessionRequest } from '../session.js'
import { clientOptionsSchema, type XinferenceClientOptions } from './client-options.js'
import { type LaunchOptions, toLaunchBody, type XinferenceModelType } from './launch-options.js'
import { type LaunchProgress, type ModelReplica, readProgress, readReplica } from './replica.js'
import { waitUntilReady, type WaitOptions } from './wait-until-ready.js'

/** An object in the server's own words. */
export type ServerObject = Readonly<Record<string, unknown>>

/** What every request takes. */
export interface RequestSettings {
  readonly signal?: AbortSignal | undefined
}

/**
 * An Xinference server, managed: which models there are, launching and ending them, registrations, engines, users' keys,
 * embeddings, rerank. The chat is with `Xinference`.
 *
 * All methods reject with a `HeadraceError`; see `docs/errors.md`.
 */
export class XinferenceClient {
  readonly #session: Session
  readonly #runtime: Runtime
  readonly #timeoutMs: number | undefined

  /** Validates the options; sends nothing. @throws InvalidOptionError `INVALID_OPTION` */
  constructor(options: XinferenceClientOptions = {}, { runtime = systemRuntime, transport }: LLMDependencies = {}) {
    const parsed = parseOptions(clientOptionsSchema, options, 'XinferenceClient')
    const endpoint = parseEndpoint(parsed.endpoint ?? runtime.env['XINFERENCE_ENDPOINT'] ?? defaultEndpoint)
    this.#runtime = runtime
    this.#timeoutMs = parsed.timeoutMs
    this.#session = new Session(
      endpoint,
      parsed,
      (secrets) => transport ?? createTransport(parsed, runtime, secrets),
      runtime,
    )
  }

  /** The server's root. */
  get endpoint(): string {
    return this.#session.endpoint.url
  }

  // Server

  /** Proves the credential with one request, or logs in. Every method does it by itself. */
  async login(): Promise<void> {
    await this.#session.prepare()
  }

  /** Whether the server asks for a credential. */
  async needsCredential(settings: RequestSettings = {}): Promise<boolean> {
    const { auth } = await this.#object({ path: '/v1/cluster/auth', ...settings })
    return auth === true
  }

  /** Whether the first user is still to be made; every protected route is refused until then (server 3). */
  async needsSetup(settings: RequestSettings = {}): Promise<boolean> {
    const { needs_setup: needsSetup } = await this.#object({ path: '/v1/admin/setup/status', ...settings })
    return needsSetup === true
  }

  /** Makes the first user, who may do everything. Works once in a server's life. */
  async setUp(user: { readonly username: string; readonly password: string }): Promise<void> {
    await this.#send({ method: 'POST', path: '/v1/admin/setup', body: user })
  }

  /** Makes an API key, which may list and ask models and nothing else (server 3). The key is shown this once. */
  async createApiKey(
    name: string,
    settings: RequestSettings = {},
  ): Promise<{ readonly id: number; readonly key: string }> {
    const { id, key } = await this.#object({ method: 'POST', path: '/v1/admin/keys', body: { name }, ...settings })
    return { id: Number(id), key: String(key) }
  }

  /** The server's version; needs an administrator. */
  async version(settings: RequestSettings = {}): Promise<string> {
    const { version } = await this.#object({ path: '/v1/cluster/version', ...settings })
    return String(version)
  }

  /** The workers and what runs on them; needs an administrator. */
  async listWorkers(settings: RequestSettings = {}): Promise<readonly ServerObject[]> {
    return this.#list({ path: '/v1/workers', ...settings })
  }

  // Models

  /** All running models, of every type. */
  async listModels(settings: RequestSettings = {}): Promise<readonly ModelDescription[]> {
    return listModels(this.#session, settings.signal)
  }

  /** @throws HeadraceError `MODEL_NOT_FOUND`, `MODEL_LOADING` */
  async describeModel(modelUid: string, settings: RequestSettings = {}): Promise<ModelDescription> {
    return this.#object({ path: `/v1/models/${encodeURIComponent(modelUid)}`, ...settings })
  }

  /**
   * Begins to launch a model and comes back at once; {@link waitUntilReady} waits. A server before 1.5 answers when the
   * model is ready.
   *
   * @returns the model's uid.
   * @throws HeadraceError `INVALID_REQUEST` for a uid that is taken, an unknown model or engine (the server's reason);
   * `PERMISSION_DENIED` for a key that may not launch.
   */
  async launchModel(options: LaunchOptions, settings: RequestSettings = {}): Promise<string> {
    const request = { method: 'POST', path: '/v1/models?wait_ready=false', timeoutMs: Infinity } as const
    const { model_uid: modelUid } = await this.#object({ ...request, body: toLaunchBody(options), ...settings })
    if (typeof modelUid !== 'string') throw unexpected('/v1/models')
    return modelUid
  }

  /** Resolves when every replica is ready. @throws HeadraceError `LAUNCH_FAILED`, `MODEL_NOT_FOUND`, `TIMEOUT`, `ABORTED` */
  async waitUntilReady(modelUid: string, options: WaitOptions = {}): Promise<void> {
    await waitUntilReady(
      modelUid,
      options,
      {
        describe: (uid) => this.describeModel(uid, { signal: options.signal }),
        replicas: (uid) => this.listReplicas(uid, { signal: options.signal }),
        progress: (uid) => this.launchProgress(uid, { signal: options.signal }),
      },
      this.#runtime,
    )
  }

  /** How far a launch is. A uid that nobody knows is at 0: no way to ask whether a model exists. */
  async launchProgress(modelUid: string, settings: RequestSettings = {}): Promise<LaunchProgress> {
    return readProgress(await this.#send({ path: `/v1/models/${encodeURIComponent(modelUid)}/progress`, ...settings }))
  }

  /** Ends a launch that is under way. */
  async cancelLaunch(modelUid: string, settings: RequestSettings = {}): Promise<void> {
    await this.#send({ method: 'POST', path: `/v1/models/${encodeURIComponent(modelUid)}/cancel`, ...settings })
  }

  /** Ends a model. @throws HeadraceError `MODEL_NOT_FOUND` */
  async terminateModel(modelUid: string, settings: RequestSettings = {}): Promise<void> {
    await this.#send({ method: 'DELETE', path: `/v1/models/${encodeURIComponent(modelUid)}`, ...settings })
  }

  /** The copies of a model and their states. */
  async listReplicas(modelUid: string, settings: RequestSettings = {}): Promise<readonly ModelReplica[]> {
    const replicas = await this.#list({ path: `/v1/models/${encodeURIComponent(modelUid)}/replicas`, ...settings })
    return replicas.map(readReplica)
  }

  /**
   * Stops a request that was sent with this `request_id` (in `extraBody`). Only the transformers engine obeys; elsewhere
   * closing the connection is what stops it.
   *
   * @returns whether the server stopped it.
   */
  async abortRequest(modelUid: string, requestId: string, settings: RequestSettings = {}): Promise<boolean> {
    const path = `/v1/models/${encodeURIComponent(modelUid)}/requests/${encodeURIComponent(requestId)}/abort`
    const { msg } = await this.#object({ method: 'POST', path, body: {}, ...settings })
    return msg === 'DONE'
  }

  // Catalogue

  /** Built-in and registered models of a type. */
  async listRegistrations(
    modelType: XinferenceModelType = 'LLM',
    { detailed = false, signal }: RequestSettings & { readonly detailed?: boolean | undefined } = {},
  ): Promise<readonly ServerObject[]> {
    return this.#list({ path: `/v1/model_registrations/${modelType}${detailed ? '?detailed=true' : ''}`, signal })
  }

  /** Adds a model of one's own, described as Xinference's documentation of custom models says. */
  async registerModel(
    model: ServerObject,
    { modelType = 'LLM', persist = true, signal }: RegisterSettings = {},
  ): Promise<void> {
    const body = { model: JSON.stringify(model), persist }
    await this.#send({ method: 'POST', path: `/v1/model_registrations/${modelType}`, body, signal })
  }

  async unregisterModel(
    modelName: string,
    { modelType = 'LLM', signal }: Omit<RegisterSettings, 'persist'> = {},
  ): Promise<void> {
    const path = `/v1/model_registrations/${modelType}/${encodeURIComponent(modelName)}`
    await this.#send({ method: 'DELETE', path, signal })
  }

  /** The engines that can run a model here: what they take, or the reason why one cannot. */
  async listEngines(
    modelName: string,
    settings: RequestSettings = {},
  ): Promise<Readonly<Record<string, readonly ServerObject[] | string>>> {
    const engines = await this.#object({ path: `/v1/engines/${encodeURIComponent(modelName)}`, ...settings })
    return engines as Readonly<Record<string, readonly ServerObject[] | string>>
  }

  /** What was downloaded. */
  async listCachedModels(settings: RequestSettings = {}): Promise<readonly ServerObject[]> {
    const { list } = await this.#object({ path: '/v1/cache/models', ...settings })
    return Array.isArray(list) ? (list as ServerObject[]) : []
  }

  // Neighbours

  /** One vector a text. @throws HeadraceError `MODEL_NOT_FOUND`, `INVALID_REQUEST` for a model that makes none */
  async createEmbeddings(
    modelUid: string,
    input: string | readonly string[],
    settings: RequestSettings = {},
  ): Promise<readonly (readonly number[])[]> {
    const body = { model: modelUid, input }
    const { data } = await this.#object({ method: 'POST', path: '/v1/embeddings', body, ...settings })
    if (!Array.isArray(data)) throw unexpected('/v1/embeddings')
    const entries = data as { index: number; embedding: number[] }[]
    return entries.toSorted((a, b) => a.index - b.index).map(({ embedding }) => embedding)
  }

  /** The documents by relevance, the best first; `index` is the place in `documents`. */
  async rerank(
    modelUid: string,
    query: string,
    documents: readonly string[],
    { topN, signal }: RequestSettings & { readonly topN?: number | undefined } = {},
  ): Promise<readonly { readonly index: number; readonly relevanceScore: number }[]> {
    const body = { model: modelUid, query, documents, ...(topN === undefined ? {} : { top_n: topN }) }
    const { results } = await this.#object({ method: 'POST', path: '/v1/rerank', body, signal })
    if (!Array.isArray(results)) throw unexpected('/v1/rerank')
    return (results as { index: number; relevance_score: number }[]).map(
      ({ index, relevance_score: relevanceScore }) => ({
        index,
        relevanceScore,
      }),
    )
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    await this.#session.transport.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #send(request: SessionRequest): Promise<unknown> {
    return this.#session.request({ timeoutMs: this.#timeoutMs, ...request })
  }

  async #object(request: SessionRequest): Promise<ServerObject> {
    const answer = await this.#send(request)
    if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) throw unexpected(request.path)
    return answer as ServerObject
  }

  async #list(request: SessionRequest): Promise<readonly ServerObject[]> {
    const answer = await this.#send(request)
    if (!Array.isArray(answer)) throw unexpected(request.path)
    return answer as ServerObject[]
  }
}

export interface RegisterSettings extends RequestSettings {
  /** @defaultValue 'LLM' */
  readonly modelType?: XinferenceModelType | undefined
  /** Keep it when the server restarts. @defaultValue true */
  readonly persist?: boolean | undefined
}

function unexpected(path: string): MalformedResponseError {
  return new MalformedResponseError(`${path} answered in a form that Xinference does not use; is it Xinference?`)
}
