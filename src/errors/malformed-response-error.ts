import { HeadraceError } from './headrace-error.js'

/** The answer is not what the protocol says. */
export class MalformedResponseError extends HeadraceError {
  override readonly name = 'MalformedResponseError'
  readonly code = 'MALFORMED_RESPONSE'
}
