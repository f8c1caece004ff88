import { HttpFailure } from '../http-failure.js'
import { readJson } from '../read-json.js'
import { toProcessText } from './failures.js'
import { describeModel, describeProgress, describeReplica, listModel } from './model-entry.js'
import { notFound } from './model-table.js'
import type { XinferenceRequest } from './xinference-request.js'
import type { XinferenceRoute } from './xinference-route.js'

/** What is told of the served models. */
export const modelRoutes: readonly XinferenceRoute[] = [
  { method: 'GET', path: '/v1/models', scope: 'models:list', handle: listModels },
  {
    method: 'GET',
    path: '/v1/models/:uid/events',
    scope: 'models:read',
    handle: ({ server, parameter }) => Response.json(server.events.list(parameter('uid'))),
  },
  { method: 'GET', path: '/v1/models/:uid/replicas', scope: 'models:list', handle: listReplicas },
  { method: 'GET', path: '/v1/models/:uid/progress', scope: 'models:read', handle: getProgress },
  {
    method: 'POST',
    path: '/v1/models/:uid/requests/:request/abort',
    scope: 'models:read',
    handle: abortRequest,
  },
  { method: 'GET', path: '/v1/model_registrations/:type', scope: 'models:list', handle: () => Response.json([]) },
  { method: 'GET', path: '/v1/model_registrations/:type/:name', scope: 'models:list', handle: getRegistration },
  // What Xinference answers for a family that it does not know; here there are none.
  { method: 'GET', path: '/v1/engines/:name', scope: 'models:list', handle: () => Response.json(null) },
  { method: 'GET', path: '/v1/engines/:type/:name', scope: 'models:list', handle: () => Response.json(null) },
]

/** A uid may have slashes here, as Hub names do; Xinference itself cannot describe such a model. */
export const modelPath: string = '/v1/models/:uid{.+}'

/** Takes whatever begins as its path: it comes after the others. */
export const describeRoute: XinferenceRoute = {
  method: 'GET',
  path: modelPath,
  scope: 'models:list',
  handle: getModel,
}

function listModels({ server }: XinferenceRequest): Response {
  const data = Array.from(server.models.entries(), ([uid, { metadata }]) => listModel(uid, metadata, server.address))
  return Response.json({ object: 'list', data })
}

function getModel({ server, parameter }: XinferenceRequest): Response {
  const uid = parameter('uid')
  const model = server.models.get(uid)
  if (model !== undefined) return Response.json(describeModel(model.metadata, server.address))
  if (uid.includes('/')) throw new HttpFailure(404, 'Not Found')
  throw new HttpFailure(400, toProcessText(server.address, notFound(uid)))
}

function listReplicas({ server, parameter }: XinferenceRequest): Response {
  const uid = parameter('uid')
  const isServed = server.models.get(uid) !== undefined
  return Response.json(isServed ? [describeReplica(uid, server)] : [])
}

function getProgress({ server, parameter }: XinferenceRequest): Response {
  const uid = parameter('uid')
  return Response.json(describeProgress(uid, server.models.get(uid) === undefined ? undefined : server.startedAt))
}

/** Only Xinference's transformers engine can abort by id; the others answer so, whatever the uid. */
async function abortRequest({ server, incoming }: XinferenceRequest): Promise<Response> {
  try {
    await readJson(incoming, server.maxBodyBytes)
  } catch (error) {
    throw error instanceof SyntaxError ? new HttpFailure(500, error.message) : error
  }
  return Response.json({ msg: 'NO_OP' })
}

function getRegistration({ server, parameter }: XinferenceRequest): Response {
  throw new HttpFailure(400, toProcessText(server.address, `Model ${parameter('name')} not found`))
}
