import { HttpFailure } from '../http-failure.js'
import { modelPath } from './model-routes.js'
import type { Scope, XinferenceRoute } from './xinference-route.js'

/**
 * What manages a cluster. A key may not do it, on Xinference neither, so that these routes are reached only on a server
 * without a key.
 */
export const refusedRoutes: readonly XinferenceRoute[] = [
  refuse('POST', '/v1/models', 'models:write'),
  refuse('POST', '/v1/models/:uid/cancel', 'models:write'),
  refuse('POST', '/v1/models/:uid/replicas', 'models:write'),
  refuse('POST', '/v1/model_registrations/:type', 'models:register'),
  refuse('DELETE', '/v1/model_registrations/:type/:name', 'models:register'),
  refuse('GET', '/v1/cluster/info', 'admin'),
  refuse('GET', '/v1/cluster/version', 'admin'),
  refuse('GET', '/v1/workers', 'admin'),
  refuse('GET', '/v1/supervisor', 'admin'),
  refuse('DELETE', '/v1/clusters', 'admin'),
  refuse('GET', '/v1/cache/models', 'cache:list'),
  refuse('POST', '/v1/admin/keys', 'keys:create'),
]

/** Takes whatever begins as its path: it comes after the others. */
export const terminateRoute: XinferenceRoute = refuse('DELETE', modelPath, 'models:write')

function refuse(method: XinferenceRoute['method'], path: string, scope: Scope): XinferenceRoute {
  return {
    method,
    path,
    scope,
    handle: () => {
      throw new HttpFailure(
        403,
        'headrace serve serves the models that it was started with, and manages nothing else. Start another one for another model.',
      )
    },
  }
}
