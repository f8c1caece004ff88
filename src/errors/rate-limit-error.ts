import { HeadraceError } from './headrace-error.js'

/** The server has as many requests as it takes. */
export class RateLimitError extends HeadraceError {
  override readonly name = 'RateLimitError'
  readonly code = 'RATE_LIMITED'
  override readonly isRetryable = true
}
