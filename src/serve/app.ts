import type { IncomingMessage, ServerResponse } from 'node:http'

import { Hono } from 'hono'

import type { BearerGate } from './bearer-gate.js'
import { HttpFailure } from './failures.js'
import type { RouteServer } from './route-context.js'
import { routes } from './routes.js'

/** What the HTTP server hands over with each request. */
export interface AppBindings {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly signal: AbortSignal
}

type App = Hono<{ Bindings: AppBindings }>

/**
 * Xinference's HTTP surface.
 *
 * @param gate - Absent: no key is needed.
 */
export function createApp(server: RouteServer, gate: BearerGate | undefined): App {
  const app: App = new Hono<{ Bindings: AppBindings }>()
  for (const { method, path, scope, handle } of routes) {
    // Not `app.get`: Hono would answer HEAD as well, which FastAPI refuses.
    app.all(path, (c) => {
      if (c.req.method !== method) throw methodNotAllowed(method)
      const { incoming, outgoing, signal } = c.env
      if (scope !== undefined) {
        gate?.check(incoming.headers.authorization, incoming.socket.remoteAddress ?? '', scope)
      }
      return handle({ server, incoming, outgoing, signal, uid: c.req.param('uid') ?? '' })
    })
  }
  app.notFound((c) => {
    // The catch-all of Xinference's web interface takes GET only.
    const { method, path } = c.req
    if (method !== 'GET' && path.endsWith('/')) return toResponse(methodNotAllowed('GET'))
    return method === 'GET' && path.startsWith('//') ? webPageNotFound() : toResponse(new HttpFailure(404, 'Not Found'))
  })
  app.onError(toResponse)
  return app
}

function methodNotAllowed(allow: string): HttpFailure {
  return new HttpFailure(405, 'Method Not Allowed', { allow })
}

/** A refusal is JSON; any other exception is Xinference's plain text, which is how it answers a wrong body. */
function toResponse(error: Error): Response {
  if (error instanceof HttpFailure) {
    return Response.json({ detail: error.message }, { status: error.status, headers: error.headers })
  }
  const headers = { 'content-type': 'text/plain; charset=utf-8' }
  return new Response(`Internal Server Error: ${error.message}`, { status: 500, headers })
}

/** Outside the routes of the API, Xinference answers as the web site that it is too. */
function webPageNotFound(): Response {
  const headers = { 'content-type': 'text/html; charset=utf-8' }
  return new Response('<!DOCTYPE html><html><body><h1>404</h1></body></html>', { status: 404, headers })
}
