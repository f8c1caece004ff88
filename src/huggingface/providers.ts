import { ModelAbilityError } from '../errors/model-ability-error.js'
import { type HubConnection, requestHubJson } from './endpoints/request-json.js'

/**
 * Providers that continue literal text, and where: the router's own host takes conversations only, theirs are behind it
 * under their names (huggingface_hub 1.29, August 2026).
 */
export const completionRoutes: Readonly<Record<string, string>> = {
  deepinfra: '/v1/openai/completions',
  'featherless-ai': '/v1/completions',
  novita: '/v3/openai/completions',
  scaleway: '/v1/completions',
  together: '/v1/completions',
}

/** How the router chooses by itself. */
const providerPolicies: ReadonlySet<string> = new Set(['fastest', 'cheapest', 'preferred'])

/** Who serves a model of the Hub. */
export interface ProviderMapping {
  readonly provider: string
  /** `live`, `staging`, `error`. */
  readonly status: string
  /** What the provider calls the model. */
  readonly providerId: string
}

/** The providers of a model. @throws HeadraceError `MODEL_NOT_FOUND`, `AUTHENTICATION_FAILED`, ... */
export async function listProviders(
  connection: HubConnection,
  hubUrl: string,
  modelId: string,
  signal?: AbortSignal,
): Promise<readonly ProviderMapping[]> {
  const path = modelId.split('/').map(encodeURIComponent).join('/')
  const url = `${hubUrl}/api/models/${path}?expand[]=inferenceProviderMapping`
  const { inferenceProviderMapping: mapping } = ((await requestHubJson(connection, { url, signal })) ?? {}) as {
    readonly inferenceProviderMapping?: unknown
  }
  if (typeof mapping !== 'object' || mapping === null) return []
  // An object by provider, or a list whose entries name theirs.
  const entries: readonly (readonly [string, unknown])[] = Array.isArray(mapping)
    ? mapping.map((entry: { provider?: unknown } | null) => [String(entry?.provider), entry] as const)
    : Object.entries(mapping)
  return entries.flatMap(([provider, entry]) => {
    const { status, providerId } = (entry ?? {}) as { readonly status?: unknown; readonly providerId?: unknown }
    return typeof providerId === 'string' ? [{ provider, status: String(status), providerId }] : []
  })
}

/** The provider to send literal text to: the asked one, else the first that is live; `undefined` when none takes it. */
export function findCompletionProvider(
  asked: string | undefined,
  mappings: readonly ProviderMapping[],
): ProviderMapping | undefined {
  const able = ableProviders(mappings)
  if (asked !== undefined && !providerPolicies.has(asked)) return able.find(({ provider }) => provider === asked)
  return able.find(({ status }) => status === 'live') ?? able[0]
}

/** Why there is none. */
export function noCompletionProvider(
  modelId: string,
  asked: string | undefined,
  mappings: readonly ProviderMapping[],
): ModelAbilityError {
  const able = ableProviders(mappings).map(({ provider }) => provider)
  const advice =
    able.length > 0
      ? `give provider: ${able.map((name) => JSON.stringify(name)).join(' or ')}`
      : `none of its providers does (${Object.keys(completionRoutes).join(', ')} would); use a dedicated endpoint or a baseUrl`
  const who = asked === undefined ? 'Serverless inference' : `The provider ${asked}`
  return new ModelAbilityError(
    `${who} does not continue literal text with ${modelId}, which a user's turn needs: ${advice}.`,
  )
}

function ableProviders(mappings: readonly ProviderMapping[]): readonly ProviderMapping[] {
  return mappings.filter(
    ({ provider, status }) => Object.hasOwn(completionRoutes, provider) && (status === 'live' || status === 'staging'),
  )
}
