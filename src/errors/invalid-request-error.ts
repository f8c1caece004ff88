import { HeadraceError } from './headrace-error.js'

/** A request that can never be right: an empty conversation, a malformed message, or one that the server refused. */
export class InvalidRequestError extends HeadraceError {
  override readonly name = 'InvalidRequestError'
  readonly code = 'INVALID_REQUEST'
}
