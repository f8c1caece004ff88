import { randomUUID } from 'node:crypto'

import type { Capabilities } from '../contract/capabilities.js'
import type { AnswerSink, CanonicalRequest, Engine, Exchange } from '../contract/engine.js'
import type { ResolvedTimeouts } from '../contract/options.js'
import { namedPath } from './client/model-path.js'
import type { Session } from './session.js'

/** For the server to hear that nobody waits any more. */
const timeoutMs = 5000

/**
 * The engine Transformers behind Xinference, which goes on with an answer that was asked for whole when its connection is
 * closed, and stops when it is told to by the request's id (both seen with server 4.1.0). A stream stops when it is closed.
 */
export class RemoteAbort implements Engine {
  readonly #engine: Engine
  readonly #session: Session
  readonly #modelUid: string
  readonly #pending = new Set<Promise<void>>()

  constructor(engine: Engine, session: Session, modelUid: string) {
    this.#engine = engine
    this.#session = session
    this.#modelUid = modelUid
  }

  get capabilities(): Capabilities {
    return this.#engine.capabilities
  }

  start(request: CanonicalRequest, sink: AnswerSink, timeouts: ResolvedTimeouts): Exchange {
    const { extraBody } = request.options
    // Whoever gives an id stops the request by it: the server refuses the id of a stopped request for half a minute.
    if (request.stream || extraBody?.['request_id'] !== undefined) return this.#engine.start(request, sink, timeouts)
    const requestId = randomUUID()
    const options = { ...request.options, extraBody: { ...extraBody, request_id: requestId } }
    const exchange = this.#engine.start({ ...request, options }, sink, timeouts)
    return {
      abort: (reason) => {
        exchange.abort(reason)
        this.#stop(requestId)
      },
      pause: () => exchange.pause(),
      resume: () => exchange.resume(),
    }
  }

  /** Resolves when the server has heard of all that was aborted. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending)
  }

  #stop(requestId: string): void {
    const stopping = this.#tell(requestId).finally(() => this.#pending.delete(stopping))
    this.#pending.add(stopping)
  }

  async #tell(requestId: string): Promise<void> {
    try {
      const path = `${namedPath('/v1/models', this.#modelUid, '/requests')}/${requestId}/abort`
      await this.#session.request({ method: 'POST', path, body: {}, timeoutMs })
    } catch {
      // The call has ended; that the server goes on is no failure of it.
    }
  }
}
