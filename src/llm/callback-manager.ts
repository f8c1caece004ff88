import type { CallbackEvents } from '../contract/callback.js'

type Handler<Name extends keyof CallbackEvents> = (event: CallbackEvents[Name]) => unknown

/**
 * Hands the events of calls to handlers. One manager may serve many models: an event says whose it is.
 *
 * A handler is called synchronously and not awaited; what it throws or rejects with is ignored, so that an observer
 * never breaks what it observes.
 */
export class CallbackManager {
  readonly #handlers = new Map<keyof CallbackEvents, Set<Handler<never>>>()

  /** Calls `handler` at each such event; the returned function stops it. */
  on<Name extends keyof CallbackEvents>(name: Name, handler: Handler<Name>): () => void {
    let handlers = this.#handlers.get(name)
    if (handlers === undefined) this.#handlers.set(name, (handlers = new Set()))
    // Wrapped, so that the same function registered twice is called twice and removed one at a time.
    const registered: Handler<Name> = (event) => handler(event)
    handlers.add(registered)
    return () => void handlers.delete(registered)
  }

  /** Whether building the event is worth it. */
  hears(name: keyof CallbackEvents): boolean {
    return (this.#handlers.get(name)?.size ?? 0) > 0
  }

  /** Calls the handlers of an event. */
  emit<Name extends keyof CallbackEvents>(name: Name, event: CallbackEvents[Name]): void {
    const handlers = this.#handlers.get(name)
    if (handlers === undefined) return
    for (const handler of handlers as Set<Handler<Name>>) {
      try {
        const result = handler(event)
        if (result instanceof Promise) result.catch(() => undefined)
      } catch {
        // An observer's failure is the observer's.
      }
    }
  }
}
