import type { RouteRequest } from '../surface.js'
import type { EventLog } from './event-log.js'
import type { ModelTable } from './model-table.js'
import type { RequestLimit } from '../inference/request-limit.js'

/** What the routes know of the server. */
export interface XinferenceServer {
  readonly models: ModelTable
  readonly events: EventLog
  readonly limit: RequestLimit
  /** `host:port`. */
  readonly address: string
  readonly needsKey: boolean
  readonly maxBodyBytes: number
  readonly pingIntervalMs: number
  /** Seconds since 1970. */
  readonly startedAt: number
  /** Seconds since the server began. */
  uptime(): number
}

/** One request at one of Xinference's routes. */
export interface XinferenceRequest extends RouteRequest {
  readonly server: XinferenceServer
}
