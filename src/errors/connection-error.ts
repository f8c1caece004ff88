import { HeadraceError } from './headrace-error.js'

/** No connection could be made, or it broke before an answer began. */
export class ConnectionError extends HeadraceError {
  override readonly name = 'ConnectionError'
  readonly code = 'CONNECTION_FAILED'
  override readonly isRetryable = true
}
