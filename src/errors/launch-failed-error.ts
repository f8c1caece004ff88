import { HeadraceError } from './headrace-error.js'

/** A model could not be launched, or died while it loaded. */
export class LaunchFailedError extends HeadraceError {
  override readonly name = 'LaunchFailedError'
  readonly code = 'LAUNCH_FAILED'
}
