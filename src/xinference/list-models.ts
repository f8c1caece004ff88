import { MalformedResponseError } from '../errors/malformed-response-error.js'
import { WrongServerError } from '../errors/wrong-server-error.js'
import type { ModelDescription } from './model-description.js'
import type { SessionRequest } from './request-json.js'
import type { Session } from './session.js'

/**
 * All models that a server runs, of every type.
 *
 * @throws HeadraceError `WRONG_SERVER` when what answers is not Xinference; `AUTHENTICATION_FAILED`, `CONNECTION_FAILED`, ...
 */
export async function listModels(
  session: Session,
  settings: Pick<SessionRequest, 'signal' | 'timeoutMs' | 'maxRetries'> = {},
): Promise<readonly ModelDescription[]> {
  const { url } = session.endpoint
  const models = await readList(session, settings)
  if (models === undefined) {
    throw new WrongServerError(
      `${url} does not list models as Xinference does: give Xinference's root as the endpoint.`,
    )
  }
  if (models.length > 0 && models.every((model) => model.model_type === undefined)) {
    throw new WrongServerError(
      `${url} speaks OpenAI's API but is not Xinference (its models have no model_type): check the endpoint.`,
    )
  }
  return models
}

async function readList(
  session: Session,
  settings: Pick<SessionRequest, 'signal' | 'timeoutMs' | 'maxRetries'>,
): Promise<readonly ModelDescription[] | undefined> {
  try {
    return readModels(await session.request({ ...settings, path: '/v1/models' }))
  } catch (error) {
    if (error instanceof MalformedResponseError) return undefined
    throw error
  }
}

function readModels(answer: unknown): readonly ModelDescription[] | undefined {
  if (!isRecord(answer)) return undefined
  const { data } = answer
  if (Array.isArray(data)) return data.every(isRecord) ? data : undefined
  // Servers before 0.9.3 answer the descriptions by uid.
  const entries = Object.entries(answer)
  return entries.every(([, model]) => isRecord(model) && typeof model['model_type'] === 'string')
    ? entries.map(([id, model]) => ({ id, ...(model as ModelDescription) }))
    : undefined
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
