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
  settings: Pick<SessionRequest, 'signal' | 'timeoutMs'> = {},
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
  settings: Pick<SessionRequest, 'signal' | 'timeoutMs'>,
): Promise<readonly ModelDescription[] | undefined> {
  try {
    const { data } = ((await session.request({ ...settings, path: '/v1/models' })) ?? {}) as { data?: unknown }
    return Array.isArray(data) && data.every((model) => typeof model === 'object' && model !== null)
      ? (data as ModelDescription[])
      : undefined
  } catch (error) {
    if (error instanceof MalformedResponseError) return undefined
    throw error
  }
}
