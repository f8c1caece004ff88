import { HeadraceError } from './headrace-error.js'

/** A named file cannot be read or written. */
export class FileError extends HeadraceError {
  override readonly name = 'FileError'
  readonly code = 'FILE_UNREADABLE'
}
