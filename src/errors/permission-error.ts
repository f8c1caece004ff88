import { HeadraceError } from './headrace-error.js'

/** The credential is valid and may not do this. */
export class PermissionError extends HeadraceError {
  override readonly name = 'PermissionError'
  readonly code = 'PERMISSION_DENIED'
  override readonly isFatal = true
}
