import { HeadraceError } from './headrace-error.js'

/** A row of a dataset cannot be asked: it is not JSON, lacks a column, or its template fails. */
export class InvalidRowError extends HeadraceError {
  override readonly name = 'InvalidRowError'
  readonly code = 'INVALID_ROW'
}
