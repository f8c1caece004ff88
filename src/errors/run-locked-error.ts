import { HeadraceError } from './headrace-error.js'

/** Another process works on the same run. */
export class RunLockedError extends HeadraceError {
  override readonly name = 'RunLockedError'
  readonly code = 'RUN_LOCKED'
}
