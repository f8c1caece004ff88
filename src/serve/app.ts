import type { IncomingMessage, ServerResponse } from 'node:http'

import { Hono } from 'hono'

import type { Route, Surface } from './surface.js'

/** What the HTTP server hands over with each request. */
export interface AppBindings {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly signal: AbortSignal
}

type App = Hono<{ Bindings: AppBindings }>

/** Puts a surface's routes behind a router. */
export function createApp({ routes, toErrorResponse, toUnroutedResponse }: Surface): App {
  const app: App = new Hono<{ Bindings: AppBindings }>()
  for (const [path, handlers] of byPath(routes)) {
    // Not `app.get`: Hono would answer HEAD as well, and what a wrong method gets is the surface's matter.
    app.all(path, (c) => {
      const { method, path: asked } = c.req
      const handle = handlers.get(method)
      if (handle === undefined) return toUnroutedResponse(method, asked, [...handlers.keys()])
      return handle({ ...c.env, parameter: (name) => c.req.param(name) ?? '' })
    })
  }
  app.notFound((c) => toUnroutedResponse(c.req.method, c.req.path, []))
  app.onError(toErrorResponse)
  return app
}

function byPath(routes: readonly Route[]): Map<string, Map<string, Route['handle']>> {
  const paths = new Map<string, Map<string, Route['handle']>>()
  for (const { method, path, handle } of routes) {
    const handlers = paths.get(path) ?? new Map<string, Route['handle']>()
    paths.set(path, handlers.set(method, handle))
  }
  return paths
}
