import type { IncomingMessage, ServerResponse } from 'node:http'

import type { Runtime } from '../contract/runtime.js'
import type { ServedModel } from './served-model.js'

/** What a surface knows of the server that it is put on. */
export interface ServerState {
  /** By uid. */
  readonly models: ReadonlyMap<string, ServedModel>
  /** `host:port`. */
  readonly address: string
  /** Absent: no key is needed. */
  readonly apiKey: string | undefined
  readonly maxBodyBytes: number
  readonly maxModelRequests: number
  readonly maxConcurrency: number
  readonly pingIntervalMs: number
  readonly clock: Pick<Runtime, 'now'>
}

/** One request at its route. */
export interface RouteRequest {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  /** A `:name` of the route's path, decoded; `''` where it has none. */
  readonly parameter: (name: string) => string
  /** Aborted as soon as the client is gone. */
  readonly signal: AbortSignal
}

/** A method of a path, and what answers it. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** In Hono's syntax. */
  readonly path: string
  readonly handle: (request: RouteRequest) => Response | Promise<Response>
}

/** How a kind of server answers: its routes, and its words for what goes wrong. */
export interface Surface {
  readonly routes: readonly Route[]
  /** Whether it answers requests beyond `maxConcurrency` itself. Absent: the server does, whatever their route. */
  readonly limitsConcurrency?: true
  /** What an exception of a route becomes. */
  readonly toErrorResponse: (error: Error) => Response
  /**
   * The answer for what no route has.
   *
   * @param allowed - The methods that the path has; empty for a path that is not known.
   */
  readonly toUnroutedResponse: (method: string, path: string, allowed: readonly string[]) => Response
}
