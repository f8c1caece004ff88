import { HeadraceError, type HeadraceErrorOptions } from './headrace-error.js'

/** The server does not have the model; `available` names the ones it has. */
export class ModelNotFoundError extends HeadraceError {
  override readonly name = 'ModelNotFoundError'
  readonly code = 'MODEL_NOT_FOUND'
  override readonly isFatal = true
  /** The models that are there. */
  readonly available: readonly string[]

  constructor(
    message: string,
    options: HeadraceErrorOptions & { readonly available?: readonly string[] | undefined } = {},
  ) {
    super(message, options)
    this.available = options.available ?? []
  }
}
