import { HeadraceError } from './headrace-error.js'

/** The disk has no room for a run. */
export class DiskFullError extends HeadraceError {
  override readonly name = 'DiskFullError'
  readonly code = 'DISK_FULL'
}
