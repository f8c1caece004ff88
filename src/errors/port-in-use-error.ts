import { HeadraceError } from './headrace-error.js'

/** Another program listens on the port. */
export class PortInUseError extends HeadraceError {
  override readonly name = 'PortInUseError'
  readonly code = 'PORT_IN_USE'
}
