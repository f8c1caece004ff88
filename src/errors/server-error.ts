import { HeadraceError, type HeadraceErrorOptions } from './headrace-error.js'

/** The server failed. */
export class ServerError extends HeadraceError {
  override readonly name = 'ServerError'
  readonly code = 'SERVER_ERROR'
  override readonly isRetryable: boolean

  constructor(message: string, options: HeadraceErrorOptions & { readonly isRetryable?: boolean | undefined } = {}) {
    super(message, options)
    this.isRetryable = options.isRetryable ?? false
  }
}
