import { HeadraceError } from './headrace-error.js'

/** A run cannot go on as it was begun: its input, task or model has changed. */
export class RunChangedError extends HeadraceError {
  override readonly name = 'RunChangedError'
  readonly code = 'RUN_CHANGED'
}
