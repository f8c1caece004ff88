import { HeadraceError } from './headrace-error.js'

/** A file stands where a run would write its output. */
export class OutputExistsError extends HeadraceError {
  override readonly name = 'OutputExistsError'
  readonly code = 'OUTPUT_EXISTS'
}
