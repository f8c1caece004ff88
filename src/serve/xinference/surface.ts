import { HttpFailure } from '../http-failure.js'
import type { ServerState, Surface } from '../surface.js'
import { BearerGate } from './bearer-gate.js'
import { EventLog } from './event-log.js'
import { ModelTable } from './model-table.js'
import { RequestLimit } from '../inference/request-limit.js'
import { createRoutes } from './routes.js'
import type { XinferenceServer } from './xinference-request.js'

/** Answers as a Xinference server of version 4.1. */
export function createXinferenceSurface(state: ServerState): Surface {
  const { address, apiKey, clock, maxBodyBytes, pingIntervalMs } = state
  const needsKey = apiKey !== undefined
  const gate = needsKey ? new BearerGate(apiKey, clock) : undefined
  const begun = clock.now()
  const server: XinferenceServer = {
    models: new ModelTable(state.models, clock, address),
    events: new EventLog(state.models.keys()),
    limit: new RequestLimit(state.maxModelRequests),
    address,
    needsKey,
    maxBodyBytes,
    pingIntervalMs,
    startedAt: Math.floor(Date.now() / 1000),
    uptime: () => Math.floor((clock.now() - begun) / 1000),
  }
  return {
    routes: createRoutes(needsKey).map(({ method, path, scope, handle }) => ({
      method,
      path,
      handle: (request) => {
        const { headers, socket } = request.incoming
        if (scope !== undefined) gate?.check(headers.authorization, socket.remoteAddress ?? '', scope)
        return handle({ ...request, server })
      },
    })),
    toErrorResponse,
    toUnroutedResponse,
  }
}

/** A refusal is JSON; any other exception is Xinference's plain text, which is how it answers a wrong body. */
function toErrorResponse(error: Error): Response {
  if (error instanceof HttpFailure) {
    return Response.json({ detail: error.message }, { status: error.status, headers: error.headers })
  }
  const headers = { 'content-type': 'text/plain; charset=utf-8' }
  return new Response(`Internal Server Error: ${error.message}`, { status: 500, headers })
}

/** The first segments of the paths of Xinference's API; all others belong to its web interface. */
const apiSegments: ReadonlySet<string> = new Set(['anthropic', 'sdapi', 'status', 'token', 'v1'])

/** Xinference's web interface takes every path with GET, and nothing else. */
function toUnroutedResponse(method: string, path: string, allowed: readonly string[]): Response {
  if (method !== 'GET') {
    return toErrorResponse(new HttpFailure(405, 'Method Not Allowed', { allow: allowed[0] ?? 'GET' }))
  }
  if (apiSegments.has(path.split('/', 2)[1] ?? '')) return toErrorResponse(new HttpFailure(404, 'Not Found'))
  const headers = { 'content-type': 'text/html; charset=utf-8' }
  return new Response('<!DOCTYPE html><html><body><h1>404</h1></body></html>', { status: 404, headers })
}
