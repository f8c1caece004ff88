import { HeadraceError } from './headrace-error.js'

/** Something answers at the address, but not the expected server. */
export class WrongServerError extends HeadraceError {
  override readonly name = 'WrongServerError'
  readonly code = 'WRONG_SERVER'
  override readonly isFatal = true
}
