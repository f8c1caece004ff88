import { HeadraceError } from './headrace-error.js'

/** The model file is missing, broken or of an unknown version. */
export class ModelFileError extends HeadraceError {
  override readonly name = 'ModelFileError'
  readonly code = 'MODEL_FILE'
}
