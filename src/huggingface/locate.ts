import type { Dialect } from '../contract/dialect.js'
import type { Runtime } from '../contract/runtime.js'
import type { Warning } from '../contract/response.js'
import { createDialect } from '../dialects/create-dialect.js'
import type { DetectedEngine } from '../dialects/engine-facts.js'
import { engineOfImage, type ImageEngine } from '../dialects/engine-of-image.js'
import { HfRouterDialect } from '../dialects/hf-router/hf-router-dialect.js'
import { AuthenticationError } from '../errors/authentication-error.js'
import type { HeadraceError } from '../errors/headrace-error.js'
import { ModelLoadingError } from '../errors/model-loading-error.js'
import type { Transport } from '../transport/transport.js'
import { type BaseUrl, parseBaseUrl } from './base-url.js'
import { DedicatedDialect } from './dedicated-dialect.js'
import { EndpointsClient } from './endpoints/endpoints-client.js'
import type { InferenceEndpoint } from './endpoints/inference-endpoint.js'
import { hubUrlOf } from '../template/hub/hub-environment.js'
import { defaultRouterUrl } from './hosts.js'
import { findKey } from './hub-key.js'
import type { InferenceEndpointsOptions } from './options.js'
import { probeEnginePatiently } from './probe-engine.js'
import {
  completionRoutes,
  findCompletionProvider,
  listProviders,
  noCompletionProvider,
  type ProviderMapping,
} from './providers.js'
import type { Target } from './target.js'

const defaultWaitMs = 300_000

/** What serves a model, and how that is known. */
export interface ServerDescription {
  /**
   * `tgi`, `vllm`, `sglang`, `llama-server`, `llama-cpp-python`, `transformers`, `hf-router`; `openai` for one that is not
   * known by name.
   */
  readonly engine: string
  readonly version?: string | undefined
  /** For people to read. */
  readonly evidence: readonly string[]
}

/** Where a model is, and how to speak to it. */
export interface Location {
  readonly address: BaseUrl
  readonly key: string | undefined
  readonly dialect: Dialect
  readonly server: ServerDescription
  readonly contextWindow: number | undefined
  /** Of a dedicated endpoint. */
  readonly repository: string | undefined
  /** What the server says that it serves, or the model that was asked for by its name on the Hub. */
  readonly servedModel: string | undefined
  /** Of `modelId`. */
  readonly headers: Readonly<Record<string, string>>
  readonly warnings: readonly Warning[]
}

export interface Locating {
  readonly options: InferenceEndpointsOptions
  readonly transport: Transport
  readonly runtime: Runtime
  readonly signal: AbortSignal
  /** Told of each key as soon as it is known, so that it shows nowhere. */
  readonly onKey: (key: string) => void
  /** An endpoint is starting, or a server is loading its model. */
  readonly onWaiting: (cause: HeadraceError, waitedMs: number, delayMs: number) => void
}

/** Resolves a target to an address, a key, an engine and its dialect. @throws HeadraceError */
export async function locate(target: Target, how: Locating): Promise<Location> {
  switch (target.kind) {
    case 'url':
      return locateUrl(target.baseUrl, how)
    case 'dedicated':
      return locateEndpoint(target.endpointName, target.endpointNamespace, how)
    case 'serverless':
      return locateModel(target.modelId, how)
  }
}

async function locateUrl(address: BaseUrl, how: Locating): Promise<Location> {
  const key = await keyFor(address.url, how)
  const facts = await findEngine(address, key, undefined, how)
  const dialect = createDialect(facts)
  return {
    address,
    key,
    // The address of a dedicated endpoint, given as a URL.
    dialect: address.origin.endsWith('.endpoints.huggingface.cloud')
      ? new DedicatedDialect(dialect, address.url)
      : dialect,
    server: facts,
    contextWindow: facts.contextWindow,
    repository: undefined,
    servedModel: facts.model,
    headers: {},
    warnings: facts.warnings,
  }
}

async function locateEndpoint(name: string, namespace: string | undefined, how: Locating): Promise<Location> {
  const endpoint = await findRunning(name, namespace, how)
  const address = parseBaseUrl(endpoint.url ?? '', 'The address of the endpoint')
  const key = await keyFor(address.url, how)
  const facts = await findEngine(address, key, engineOfImage(endpoint.image), how)
  return {
    address,
    key,
    dialect: new DedicatedDialect(createDialect(facts), name),
    server: facts,
    contextWindow: facts.contextWindow,
    repository: endpoint.repository,
    servedModel: endpoint.repository ?? facts.model,
    headers: {},
    warnings: facts.warnings,
  }
}

/** The endpoint as it runs; one that sleeps is started. */
async function findRunning(name: string, namespace: string | undefined, how: Locating): Promise<InferenceEndpoint> {
  const { options, runtime, signal, onWaiting } = how
  const { apiKey, caFile, fetch, managementUrl, hubUrl, waitTimeoutMs: timeoutMs = defaultWaitMs } = options
  const client = new EndpointsClient({ apiKey, caFile, fetch, managementUrl, hubUrl, namespace }, { runtime })
  try {
    const found = await client.get(name, { signal })
    if (found.state === 'running' && found.url !== undefined) return found
    const onProgress = ({ state }: InferenceEndpoint, waitedMs: number): void =>
      onWaiting(new ModelLoadingError(`The endpoint ${name} is ${state}.`, { context: { state } }), waitedMs, 0)
    return await client.start(name, { signal, timeoutMs, onProgress })
  } finally {
    await client.close()
  }
}

async function locateModel(modelId: string, how: Locating): Promise<Location> {
  const { options } = how
  const router = parseBaseUrl(options.routerUrl ?? defaultRouterUrl, 'routerUrl')
  const key = await keyFor(router.url, how)
  if (key === undefined) {
    throw new AuthenticationError(
      'Serverless inference needs a token of Hugging Face: set apiKey or HF_TOKEN to one of https://huggingface.co/settings/tokens.',
    )
  }
  const headers = options.billTo === undefined ? {} : { 'x-hf-bill-to': options.billTo }
  const common = {
    address: router,
    key,
    server: { engine: 'hf-router', evidence: [] },
    contextWindow: undefined,
    repository: undefined,
    servedModel: modelId,
    headers,
  }
  const mapping = await findTextProvider(modelId, how)
  if (mapping !== undefined) {
    const { provider, providerId, status } = mapping
    const completions = { path: `/${provider}${completionRoutes[provider]}`, model: providerId }
    const message = `${provider} serves ${modelId} for trial only (staging).`
    return {
      ...common,
      dialect: new HfRouterDialect({ model: modelId, provider, completions }),
      warnings: status === 'live' ? [] : [{ code: 'provider-staging', message }],
    }
  }
  return { ...common, dialect: new HfRouterDialect({ model: modelId, provider: options.provider }), warnings: [] }
}

/** A provider for literal text, where a user's turn needs it, or where the named provider takes it. */
async function findTextProvider(modelId: string, how: Locating): Promise<ProviderMapping | undefined> {
  const { options, transport, runtime, signal } = how
  const { provider, tokenizerId, useMagpieTemplate } = options
  const isWelcome = tokenizerId !== undefined && Object.hasOwn(completionRoutes, provider ?? '')
  if (!useMagpieTemplate && !isWelcome) return undefined
  const hubUrl = (options.hubUrl ?? hubUrlOf(runtime.env)).replace(/\/+$/, '')
  const key = await keyFor(hubUrl, how)
  const mappings = await listProviders({ transport, runtime, key }, hubUrl, modelId, signal)
  const mapping = findCompletionProvider(provider, mappings)
  if (mapping === undefined && useMagpieTemplate) throw noCompletionProvider(modelId, provider, mappings)
  return mapping
}

async function keyFor(url: string, { options, runtime, onKey }: Locating): Promise<string | undefined> {
  const key = await findKey(options.apiKey, url, runtime.env)
  if (key !== undefined) onKey(key)
  return key
}

/** What the user says, else what the endpoint's image says, else what the server says; its names and limits in any case. */
async function findEngine(
  address: BaseUrl,
  key: string | undefined,
  image: ImageEngine | undefined,
  { options, transport, runtime, signal, onWaiting }: Locating,
): Promise<DetectedEngine> {
  const known = options.engine ?? image?.engine
  const detected = await probeEnginePatiently(address, {
    transport,
    runtime,
    key,
    signal,
    known,
    waitTimeoutMs: options.waitTimeoutMs ?? defaultWaitMs,
    // The proxy of an endpoint answers for it while no replica is up.
    isLoading: ({ code, status }) =>
      code === 'MODEL_LOADING' || (image !== undefined && (status === 502 || status === 503)),
    onWaiting,
  })
  const warnings = options.engine === undefined ? (image?.warnings ?? []) : []
  return { ...detected, warnings: [...warnings, ...detected.warnings] }
}
