import { HeadraceError } from './headrace-error.js'

/** The model is still loading. */
export class ModelLoadingError extends HeadraceError {
  override readonly name = 'ModelLoadingError'
  readonly code = 'MODEL_LOADING'
  override readonly isRetryable = true
}
