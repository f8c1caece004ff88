import type { Route } from '../surface.js'
import type { XinferenceRequest } from './xinference-request.js'

/** What a route needs of a credential. */
export type Scope =
  | 'admin'
  | 'cache:list'
  | 'keys:create'
  | 'models:list'
  | 'models:read'
  | 'models:register'
  | 'models:write'

/** A route of Xinference's. Without a scope it is open to everybody. */
export interface XinferenceRoute extends Pick<Route, 'method' | 'path'> {
  readonly scope?: Scope
  readonly handle: (request: XinferenceRequest) => Response | Promise<Response>
}
