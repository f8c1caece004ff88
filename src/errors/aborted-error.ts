import { HeadraceError } from './headrace-error.js'

/** The caller ended the call: a signal, a loop left early, `unload()`. */
export class AbortedError extends HeadraceError {
  override readonly name = 'AbortedError'
  readonly code = 'ABORTED'
}
