import { HeadraceError } from './headrace-error.js'

/** Something that is known only after `load()` was read before it. */
export class NotLoadedError extends HeadraceError {
  override readonly name = 'NotLoadedError'
  readonly code = 'NOT_LOADED'
}
