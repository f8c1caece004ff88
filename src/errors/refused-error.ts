import { HeadraceError } from './headrace-error.js'

/** The server withheld the answer: a content filter. */
export class RefusedError extends HeadraceError {
  override readonly name = 'RefusedError'
  readonly code = 'REFUSED'
}
