import type { Runtime } from '../../contract/runtime.js'
import { InvalidRequestError } from '../../errors/invalid-request-error.js'
import { isHeadraceError } from '../../errors/headrace-error.js'
import { createTransport } from '../../llm/create-transport.js'
import type { ConnectionOptions } from '../../llm/llm-options.js'
import { requestWhole } from '../../transport/request-whole.js'
import { systemRuntime } from '../../transport/system-runtime.js'
import type { Transport } from '../../transport/transport.js'
import { parseBaseUrl } from '../base-url.js'
import { hubUrlOf } from '../../template/hub/hub-environment.js'
import { defaultManagementUrl } from '../hosts.js'
import { findKey } from '../hub-key.js'
import { type InferenceEndpoint, readEndpoint } from './inference-endpoint.js'
import { findNamespace } from './namespace.js'
import { type HubConnection, requestHubJson } from './request-json.js'
import { type EndpointWaitOptions, resumeGraceMs, waitUntilRunning } from './wait-until-running.js'

export interface EndpointsClientOptions extends Pick<ConnectionOptions, 'apiKey' | 'caFile' | 'fetch'> {
  /** Whose endpoints are meant. @defaultValue the key's user */
  readonly namespace?: string | undefined
  /** @defaultValue `https://api.endpoints.huggingface.cloud/v2` */
  readonly managementUrl?: string | undefined
  /** @defaultValue `HF_ENDPOINT`, or `https://huggingface.co` */
  readonly hubUrl?: string | undefined
}

/**
 * Hugging Face's dedicated Inference Endpoints: looks, resumes, waits, pauses. The key is sent to the management API, to
 * the Hub, and to an endpoint's own address to see whether it answers.
 *
 * Every method throws errors of the family of `HeadraceError`: `AUTHENTICATION_FAILED`, `PERMISSION_DENIED`,
 * `MODEL_NOT_FOUND` for an unknown endpoint or namespace, `RATE_LIMITED`, `SERVER_ERROR`, `CONNECTION_FAILED`, `TIMEOUT`.
 */
export class EndpointsClient {
  readonly #options: EndpointsClientOptions
  readonly #runtime: Runtime
  readonly #transport: Transport
  readonly #managementUrl: string
  readonly #hubUrl: string
  #key: Promise<string | undefined> | undefined

  /** @throws InvalidOptionError `INVALID_OPTION` */
  constructor(options: EndpointsClientOptions = {}, internals: { readonly runtime?: Runtime | undefined } = {}) {
    this.#options = options
    this.#runtime = internals.runtime ?? systemRuntime
    this.#managementUrl = (options.managementUrl ?? defaultManagementUrl).replace(/\/+$/, '')
    this.#hubUrl = (options.hubUrl ?? hubUrlOf(this.#runtime.env)).replace(/\/+$/, '')
    let secrets: readonly string[] = []
    this.#transport = createTransport(options, this.#runtime, () => secrets)
    this.#rememberSecret = (key) => (secrets = [key])
  }

  readonly #rememberSecret: (key: string) => void

  /** The endpoints of a namespace. */
  async list(
    options: { readonly namespace?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<readonly InferenceEndpoint[]> {
    const namespace = await this.#namespace(options.namespace)
    const answer = (await this.#request('GET', `/endpoint/${encodeURIComponent(namespace)}`, options.signal)) as {
      readonly items?: readonly unknown[]
    }
    return (answer.items ?? []).map((item) => readEndpoint(item, namespace))
  }

  async get(name: string, options: EndpointCallOptions = {}): Promise<InferenceEndpoint> {
    return this.#act('GET', name, '', options)
  }

  /** Starts an endpoint that is paused or scaled to zero. One that runs already stays as it is. */
  async resume(name: string, options: EndpointCallOptions = {}): Promise<InferenceEndpoint> {
    try {
      return await this.#act('POST', name, '/resume', options)
    } catch (error) {
      const runs = isHeadraceError(error) && error.status === 400 && /already running/i.test(error.message)
      if (runs) return this.get(name, options)
      throw error
    }
  }

  /** Stops an endpoint: it costs nothing, loses its address, and does not start by itself. */
  async pause(name: string, options: EndpointCallOptions = {}): Promise<InferenceEndpoint> {
    return this.#act('POST', name, '/pause', options)
  }

  /** Stops an endpoint until the next request: it costs nothing, keeps its address, and counts against the quota. */
  async scaleToZero(name: string, options: EndpointCallOptions = {}): Promise<InferenceEndpoint> {
    return this.#act('POST', name, '/scale-to-zero', options)
  }

  /**
   * Waits until an endpoint runs and answers. It starts nothing.
   *
   * @throws HeadraceError `LAUNCH_FAILED` when it failed, is paused or scaled to zero, `TIMEOUT`, `ABORTED`.
   */
  async wait(name: string, options: EndpointWaitOptions & EndpointCallOptions = {}): Promise<InferenceEndpoint> {
    return this.#wait(name, options, 0)
  }

  /**
   * Resumes an endpoint where it is stopped, and waits until it runs and answers.
   *
   * @throws HeadraceError as {@link wait}.
   */
  async start(name: string, options: EndpointWaitOptions & EndpointCallOptions = {}): Promise<InferenceEndpoint> {
    const { namespace, signal } = options
    const { state } = await this.get(name, { namespace, signal })
    const isStopped = state === 'paused' || state === 'scaledToZero'
    if (isStopped) await this.resume(name, { namespace, signal })
    return this.#wait(name, options, isStopped ? resumeGraceMs : 0)
  }

  async #wait(
    name: string,
    { namespace: given, ...wait }: EndpointWaitOptions & EndpointCallOptions,
    stoppedGraceMs: number,
  ): Promise<InferenceEndpoint> {
    const namespace = await this.#namespace(given)
    return waitUntilRunning(
      wait,
      {
        look: (signal) => this.get(name, { namespace, signal }),
        isHealthy: (endpoint, signal) => this.#isHealthy(endpoint, signal),
      },
      this.#runtime,
      stoppedGraceMs,
    )
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    await this.#transport.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #act(
    method: 'GET' | 'POST',
    name: string,
    action: string,
    { namespace: given, signal }: EndpointCallOptions,
  ): Promise<InferenceEndpoint> {
    if (typeof name !== 'string' || name === '') throw new InvalidRequestError('An endpoint needs a name.')
    const namespace = await this.#namespace(given)
    const path = `/endpoint/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}${action}`
    return readEndpoint(await this.#request(method, path, signal), namespace)
  }

  async #request(method: 'GET' | 'POST', path: string, signal: AbortSignal | undefined): Promise<unknown> {
    return requestHubJson(await this.#connection(this.#managementUrl), {
      method,
      url: this.#managementUrl + path,
      signal,
    })
  }

  async #isHealthy({ url = '', healthRoute }: InferenceEndpoint, signal: AbortSignal | undefined): Promise<boolean> {
    const { origin, basePath } = parseBaseUrl(url, 'The address of the endpoint')
    const { transport, runtime, key } = await this.#connection(url)
    try {
      const { status } = await requestWhole(
        transport,
        {
          method: 'GET',
          origin,
          path: basePath + healthRoute,
          headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
          body: undefined,
        },
        { runtime, timeoutMs: 30_000, signal },
      )
      return status === 200
    } catch (error) {
      if (signal?.aborted) throw error
      return false
    }
  }

  async #namespace(given: string | undefined): Promise<string> {
    const namespace = given ?? this.#options.namespace
    if (namespace !== undefined) return namespace
    return findNamespace(await this.#connection(this.#hubUrl), this.#hubUrl)
  }

  /** A key of the environment goes to Hugging Face's hosts alone; a given one to where the options say. */
  async #connection(url: string): Promise<HubConnection> {
    const key = await (this.#options.apiKey === undefined
      ? findKey(undefined, url, this.#runtime.env)
      : (this.#key ??= findKey(this.#options.apiKey, url, this.#runtime.env)))
    if (key !== undefined) this.#rememberSecret(key)
    return { transport: this.#transport, runtime: this.#runtime, key }
  }
}

export interface EndpointCallOptions {
  /** @defaultValue the client's */
  readonly namespace?: string | undefined
  readonly signal?: AbortSignal | undefined
}
