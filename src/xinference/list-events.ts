import { namedPath } from './client/model-path.js'
import type { SessionRequest } from './request-json.js'
import type { Session } from './session.js'
import { MalformedResponseError } from '../errors/malformed-response-error.js'

/** Something that happened to a model, as the server noted it. */
export interface ModelEvent {
  /** `INFO`, `WARNING`, `ERROR`. */
  readonly type: string
  /** By the server's clock, in whole seconds. */
  readonly time: Date
  readonly content: string
  /** The server's own object. */
  readonly raw: Readonly<Record<string, unknown>>
}

/** What a server noted about a model, oldest first, and its time of day. */
export interface EventList {
  readonly events: readonly ModelEvent[]
  readonly serverTime: number
}

/** The last 100 events of a model; none of one that nobody knows. */
export async function listEvents(
  session: Session,
  modelUid: string,
  settings: Pick<SessionRequest, 'signal' | 'timeoutMs' | 'maxRetries'> = {},
): Promise<EventList> {
  const path = namedPath('/v1/models', modelUid, '/events')
  const { json, serverTime } = await session.ask({ ...settings, path })
  if (!Array.isArray(json)) {
    throw new MalformedResponseError(`${path} answered in a form that Xinference does not use; is it Xinference?`)
  }
  return { events: json.map(readEvent), serverTime }
}

function readEvent(raw: Readonly<Record<string, unknown>>): ModelEvent {
  const { event_type: type, event_ts: seconds, event_content: content } = raw
  return {
    type: typeof type === 'string' ? type : 'UNKNOWN',
    time: new Date(Number(seconds) * 1000),
    content: typeof content === 'string' ? content : JSON.stringify(content ?? ''),
    raw,
  }
}
