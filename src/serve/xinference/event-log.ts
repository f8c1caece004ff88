/** How many events of a model are kept: Xinference's own number. */
const maxEvents = 100

/** What happened to a model. */
export interface ModelEvent {
  readonly event_type: 'INFO' | 'ERROR'
  /** Seconds since 1970. */
  readonly event_ts: number
  readonly event_content: string
}

/** What `GET /v1/models/{uid}/events` tells: the launch and the failures of each served model, the newest last. */
export class EventLog {
  readonly #events: ReadonlyMap<string, ModelEvent[]>

  constructor(uids: Iterable<string>) {
    this.#events = new Map(Array.from(uids, (uid) => [uid, [toEvent('INFO', 'Launch model')]]))
  }

  /** The events of a model; none of a uid that is not served. */
  list(uid: string): readonly ModelEvent[] {
    return this.#events.get(uid) ?? []
  }

  addError(uid: string, content: string): void {
    const events = this.#events.get(uid)
    events?.push(toEvent('ERROR', content))
    if (events !== undefined && events.length > maxEvents) events.shift()
  }
}

function toEvent(type: ModelEvent['event_type'], content: string): ModelEvent {
  return { event_type: type, event_ts: Math.floor(Date.now() / 1000), event_content: content }
}
