import type { Runtime } from '../contract/runtime.js'
import { readError } from '../dialects/xinference/read-error.js'
import { ModelAbilityError } from '../errors/model-ability-error.js'
import { ModelNotFoundError } from '../errors/model-not-found-error.js'
import { WrongServerError } from '../errors/wrong-server-error.js'
import { redactText } from '../transport/redact.js'
import { redirectError } from '../transport/redirect-error.js'
import { parseRetryAfter } from '../transport/retry-after.js'
import { requestWhole } from '../transport/request-whole.js'
import type { Transport } from '../transport/transport.js'
import type { Endpoint } from './endpoint.js'
import type { ModelDescription } from './model-description.js'

export interface FindModelOptions {
  readonly transport: Transport
  readonly runtime: Runtime
  readonly endpoint: Endpoint
  readonly headers: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
  readonly modelUid: string
  readonly signal: AbortSignal
}

/** A server with a sick worker takes up to a minute to list its models (Xinference 3.2). */
const listTimeoutMs = 90_000

/**
 * The model's entry in the server's list.
 *
 * @throws HeadraceError `MODEL_NOT_FOUND`, which names the uids that are there; `MODEL_ABILITY` for a model that makes
 * no text; `WRONG_SERVER`, `AUTHENTICATION_FAILED`, `CONNECTION_FAILED`, ...
 */
export async function findModel(options: FindModelOptions): Promise<ModelDescription> {
  const { modelUid, endpoint } = options
  const models = await listModels(options)
  const description = models.find((model) => model.id === modelUid)
  if (description === undefined) {
    const available = models.filter((model) => isLanguageModel(model)).map((model) => String(model.id))
    const there =
      available.length === 0 ? 'no language model is running; launch one' : `there are: ${available.join(', ')}`
    throw new ModelNotFoundError(`${endpoint.url} has no model with the uid ${JSON.stringify(modelUid)}; ${there}.`, {
      available,
    })
  }
  if (!isLanguageModel(description)) {
    throw new ModelAbilityError(
      `${modelUid} is a model of type ${description.model_type}, which makes no text: use a language model.`,
    )
  }
  return description
}

async function listModels(options: FindModelOptions): Promise<readonly ModelDescription[]> {
  const { transport, runtime, endpoint, headers, secrets, signal } = options
  const answer = await requestWhole(
    transport,
    { method: 'GET', origin: endpoint.origin, path: `${endpoint.basePath}/v1/models`, headers, body: undefined },
    { runtime, timeoutMs: listTimeoutMs, signal },
  )
  if (answer.status >= 300 && answer.status < 400) {
    throw redirectError(endpoint.origin, answer.status, answer.headers)
  }
  if (answer.status >= 400) {
    const retryAfterMs = parseRetryAfter(answer.headers['retry-after'], Date.now())
    throw readError({ ...answer, body: redactText(answer.body, secrets), retryAfterMs })
  }
  const models = parseList(answer.body)
  if (models === undefined) {
    throw new WrongServerError(
      `${endpoint.url} does not list models as Xinference does: give Xinference's root as the endpoint.`,
    )
  }
  if (models.length > 0 && models.every((model) => model.model_type === undefined)) {
    throw new WrongServerError(
      `${endpoint.url} speaks OpenAI's API but is not Xinference (its models have no model_type): check the endpoint.`,
    )
  }
  return models
}

function parseList(body: string): readonly ModelDescription[] | undefined {
  try {
    const { data } = JSON.parse(body) as { data?: unknown }
    return Array.isArray(data) && data.every((model) => typeof model === 'object' && model !== null)
      ? (data as ModelDescription[])
      : undefined
  } catch {
    return undefined
  }
}

function isLanguageModel({ model_type: type, model_ability: abilities }: ModelDescription): boolean {
  return type === 'LLM' && (abilities === undefined || abilities.includes('chat') || abilities.includes('generate'))
}
