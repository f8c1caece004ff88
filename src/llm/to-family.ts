import { type HeadraceError, isHeadraceError } from '../errors/headrace-error.js'
import { InvalidRequestError } from '../errors/invalid-request-error.js'

/** Whatever was thrown while a call was made, as one of the family. */
export function toFamily(error: unknown): HeadraceError {
  if (isHeadraceError(error)) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new InvalidRequestError(`The call could not be made: ${reason}`, { cause: error })
}
