import { accountRoutes } from './account-routes.js'
import { createChatCompletion, createCompletion } from './inference.js'
import { describeRoute, modelRoutes } from './model-routes.js'
import { otherModelRoutes } from './other-model-routes.js'
import { refusedRoutes, terminateRoute } from './refused-routes.js'
import type { XinferenceRoute } from './xinference-route.js'

/** Xinference's routes, as far as they are served. */
export function createRoutes(needsKey: boolean): readonly XinferenceRoute[] {
  return [
    {
      method: 'GET',
      path: '/status',
      handle: ({ server }) => Response.json({ uptime: server.uptime(), workers: {} }),
    },
    { method: 'GET', path: '/v1/address', handle: ({ server }) => Response.json(server.address) },
    { method: 'GET', path: '/v1/cluster/auth', handle: ({ server }) => Response.json({ auth: server.needsKey }) },
    ...(needsKey ? accountRoutes : []),
    ...modelRoutes,
    { method: 'POST', path: '/v1/chat/completions', scope: 'models:read', handle: createChatCompletion },
    { method: 'POST', path: '/v1/completions', scope: 'models:read', handle: createCompletion },
    ...otherModelRoutes,
    ...refusedRoutes,
    describeRoute,
    terminateRoute,
  ]
}
