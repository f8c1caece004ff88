import { HeadraceError } from './headrace-error.js'

/** The journal of a run cannot be read or written. */
export class JournalError extends HeadraceError {
  override readonly name = 'JournalError'
  readonly code = 'JOURNAL_FAILED'
}
