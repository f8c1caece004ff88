import { HeadraceError } from './headrace-error.js'

/** An optional package is needed and not installed. */
export class MissingPackageError extends HeadraceError {
  override readonly name = 'MissingPackageError'
  readonly code = 'MISSING_PACKAGE'
}
