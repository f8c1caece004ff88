import type { ResponseHandler, Transport, TransportExchange, TransportRequest } from './transport.js'

/** The part of the web's `fetch` that is used, so that any implementation of it fits. */
export type FetchFunction = (url: string, init: RequestInit) => Promise<Response>

/** HTTP over a `fetch` that the caller brings: slower, and subject to that fetch's own limits. */
export class FetchTransport implements Transport {
  readonly #fetch: FetchFunction
  readonly #live = new Set<AbortController>()

  constructor(fetch: FetchFunction) {
    this.#fetch = fetch
  }

  send(request: TransportRequest, handler: ResponseHandler): TransportExchange {
    const controller = new AbortController()
    this.#live.add(controller)
    const gate = new Gate()
    void this.#run(request, handler, controller, gate).finally(() => this.#live.delete(controller))
    return {
      abort: () => {
        controller.abort()
        gate.open()
      },
      pause: () => gate.close(),
      resume: () => gate.open(),
    }
  }

  async close(): Promise<void> {
    for (const controller of this.#live) controller.abort()
  }

  async #run(
    request: TransportRequest,
    handler: ResponseHandler,
    controller: AbortController,
    gate: Gate,
  ): Promise<void> {
    const { signal } = controller
    try {
      // `send` returns first: nothing is reported before.
      await Promise.resolve()
      if (signal.aborted) return
      handler.sent()
      const response = await this.#fetch(request.origin + request.path, {
        method: request.method,
        headers: request.headers,
        signal,
        redirect: 'manual',
        ...(request.body === undefined ? {} : { body: request.body }),
      })
      const reader = response.body?.getReader()
      // A fetch that forgets its signal would leave the connection open.
      const cancel = (): void => void reader?.cancel().catch(() => undefined)
      if (signal.aborted) {
        cancel()
        return
      }
      signal.addEventListener('abort', cancel, { once: true })
      handler.head(response.status, Object.fromEntries(response.headers))
      while (reader !== undefined) {
        await gate.passed
        const { done, value } = await reader.read()
        if (signal.aborted) return
        if (done) break
        handler.data(value)
      }
      handler.end()
    } catch (error) {
      if (!signal.aborted) handler.fail(error)
    }
  }
}

/** Something to wait at while it is closed. */
class Gate {
  passed: Promise<void> | undefined
  #release: (() => void) | undefined

  close(): void {
    if (this.#release === undefined) {
      this.passed = new Promise((resolve) => {
        this.#release = resolve
      })
    }
  }

  open(): void {
    this.#release?.()
    this.#release = undefined
    this.passed = undefined
  }
}
