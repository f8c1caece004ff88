import { HeadraceError } from './headrace-error.js'

/** The endpoints of a run serve different models, or the same one with other windows or options. */
export class EndpointsDifferError extends HeadraceError {
  override readonly name = 'EndpointsDifferError'
  readonly code = 'ENDPOINTS_DIFFER'
}
