import type { HeadraceErrorOptions } from '../errors/headrace-error.js'
import { ModelAbilityError } from '../errors/model-ability-error.js'
import { ModelNotFoundError } from '../errors/model-not-found-error.js'
import { awaitLoadingModel, type LoadingWait } from './await-loading-model.js'
import { listModels } from './list-models.js'
import type { ModelDescription } from './model-description.js'
import type { Session } from './session.js'

/**
 * The model's entry in the server's list, once it is loaded.
 *
 * @throws HeadraceError `MODEL_LOADING`; `MODEL_NOT_FOUND`, which names the uids that are there; `MODEL_ABILITY` for a model that makes
 * no text; `WRONG_SERVER`, `AUTHENTICATION_FAILED`, `CONNECTION_FAILED`, ...
 */
export async function findModel(session: Session, modelUid: string, wait: LoadingWait): Promise<ModelDescription> {
  const { endpoint } = session
  const { signal } = wait
  const find = (list: readonly ModelDescription[]): ModelDescription | undefined =>
    list.find((model) => model.id === modelUid)
  let models = await listModels(session, { signal })
  if (find(models) === undefined && (await awaitLoadingModel(session, modelUid, wait))) {
    models = await listModels(session, { signal })
  }
  const description = find(models)
  if (description === undefined) throw missingModel(endpoint.url, modelUid, models)
  if (!isLanguageModel(description)) {
    throw new ModelAbilityError(
      `${modelUid} is a model of type ${description.model_type}, which makes no text: use a language model.`,
    )
  }
  return description
}

/** That a server has no such model, and which ones it has. */
export function missingModel(
  url: string,
  modelUid: string,
  models: readonly ModelDescription[],
  options: HeadraceErrorOptions = {},
): ModelNotFoundError {
  const available = models.filter((model) => isLanguageModel(model)).map((model) => String(model.id))
  const there =
    available.length === 0 ? 'no language model is running; launch one' : `there are: ${available.join(', ')}`
  const message = `${url} has no model with the uid ${JSON.stringify(modelUid)}; ${there}.`
  return new ModelNotFoundError(message, { ...options, available })
}

function isLanguageModel({ model_type: type, model_ability: abilities }: ModelDescription): boolean {
  return type === 'LLM' && (abilities === undefined || abilities.includes('chat') || abilities.includes('generate'))
}
