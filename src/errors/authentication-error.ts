import { HeadraceError } from './headrace-error.js'

/** The server wants a credential or refused the given one; never retried. */
export class AuthenticationError extends HeadraceError {
  override readonly name = 'AuthenticationError'
  readonly code = 'AUTHENTICATION_FAILED'
  override readonly isFatal = true
}
