import { type HeadraceError } from '../errors/headrace-error.js'
import { ModelLoadingError } from '../errors/model-loading-error.js'
import { ModelNotFoundError } from '../errors/model-not-found-error.js'
import { missingModel } from './find-model.js'
import type { ModelDescription } from './model-description.js'

const usualMemoryMs = 10_000

/**
 * Whether the server did not look for the model, but remembered that it had none a while ago: for 10 s it answers so,
 * also when the model has come up meanwhile (servers 2.7 to 4.1).
 */
export function isRememberedMiss(error: HeadraceError): boolean {
  return error instanceof ModelNotFoundError && /\(cached, retry after/.test(error.message)
}

/** What the model list makes of it: the model will answer soon, or is missing indeed. */
export function readRememberedMiss(
  error: HeadraceError,
  models: readonly ModelDescription[],
  modelUid: string,
  url: string,
): HeadraceError {
  const { status } = error
  if (!models.some(({ id }) => id === modelUid)) return missingModel(url, modelUid, models, { status, cause: error })
  const seconds = Number(/retry after ([\d.]+)/.exec(error.message)?.[1])
  const message = `${url} lists ${modelUid}, and remembers for some seconds that it did not have it: ask again.`
  return new ModelLoadingError(message, { status, cause: error, retryAfterMs: seconds * 1000 || usualMemoryMs })
}
