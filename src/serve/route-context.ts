import type { IncomingMessage, ServerResponse } from 'node:http'

import type { ModelTable } from './model-table.js'

/** What the routes know of the server. */
export interface RouteServer {
  readonly models: ModelTable
  /** `host:port`. */
  readonly address: string
  readonly needsKey: boolean
  readonly maxBodyBytes: number
  readonly pingIntervalMs: number
  /** Seconds since the server began. */
  uptime(): number
}

/** One request at its route. */
export interface RouteContext {
  readonly server: RouteServer
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  /** The `{uid}` of the path; `''` where the route has none. */
  readonly uid: string
  /** Aborted as soon as the client is gone. */
  readonly signal: AbortSignal
}
