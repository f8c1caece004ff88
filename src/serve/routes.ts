import { HttpFailure } from './failures.js'
import { createChatCompletion, createCompletion } from './inference.js'
import { describeModel, listModel } from './model-entry.js'
import { notFound } from './model-table.js'
import type { RouteContext } from './route-context.js'

/** A route. Without a scope it is open to everybody. */
export interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly scope?: 'models:list' | 'models:read'
  readonly handle: (context: RouteContext) => Response | Promise<Response>
}

/** Xinference's routes, as far as they are served. */
export const routes: readonly Route[] = [
  { method: 'GET', path: '/status', handle: getStatus },
  { method: 'GET', path: '/v1/address', handle: ({ server }) => Response.json(server.address) },
  { method: 'GET', path: '/v1/cluster/auth', handle: ({ server }) => Response.json({ auth: server.needsKey }) },
  { method: 'GET', path: '/v1/models', scope: 'models:list', handle: listModels },
  // A uid may have slashes here, as Hub names do; Xinference itself cannot describe such a model.
  { method: 'GET', path: '/v1/models/:uid{.+}', scope: 'models:list', handle: getModel },
  { method: 'POST', path: '/v1/chat/completions', scope: 'models:read', handle: createChatCompletion },
  { method: 'POST', path: '/v1/completions', scope: 'models:read', handle: createCompletion },
]

function getStatus({ server }: RouteContext): Response {
  return Response.json({ uptime: server.uptime(), workers: {} })
}

function listModels({ server }: RouteContext): Response {
  const data = Array.from(server.models.entries(), ([uid, { metadata }]) => listModel(uid, metadata, server.address))
  return Response.json({ object: 'list', data })
}

function getModel({ server, uid }: RouteContext): Response {
  const model = server.models.get(uid)
  if (model !== undefined) return Response.json(describeModel(model.metadata, server.address))
  if (uid.includes('/')) throw new HttpFailure(404, 'Not Found')
  throw new HttpFailure(400, notFound(uid))
}
