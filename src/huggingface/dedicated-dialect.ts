import type { Dialect, ErrorAnswer, StreamReader, WireRequest } from '../contract/dialect.js'
import type { CanonicalRequest } from '../contract/engine.js'
import type { HeadraceError } from '../errors/headrace-error.js'
import { ModelLoadingError } from '../errors/model-loading-error.js'
import { ModelNotFoundError } from '../errors/model-not-found-error.js'

/**
 * A server behind the proxy of Inference Endpoints, which answers in the server's place while no replica is up: with 503
 * or 502 while one starts, and with 400 when the endpoint is paused.
 */
export class DedicatedDialect implements Dialect {
  readonly capabilities: Dialect['capabilities']
  readonly load: Dialect['load']
  readonly read: Dialect['read']
  readonly createStreamReader: Dialect['createStreamReader']
  readonly #inner: Dialect
  readonly #endpointName: string

  constructor(inner: Dialect, endpointName: string) {
    this.#inner = inner
    this.#endpointName = endpointName
    this.capabilities = inner.capabilities
    this.load = inner.load
    this.read = (...answer) => inner.read(...answer)
    this.createStreamReader = (...facts): StreamReader => inner.createStreamReader(...facts)
  }

  compile(request: CanonicalRequest): WireRequest {
    return this.#inner.compile(request)
  }

  readError(answer: ErrorAnswer): HeadraceError {
    const { status, body, retryAfterMs } = answer
    const context = { endpointName: this.#endpointName }
    if ((status === 502 || status === 503) && !isOfTheServer(body)) {
      return new ModelLoadingError(`No replica of the endpoint ${this.#endpointName} is up yet (${status}).`, {
        status,
        retryAfterMs,
        context,
      })
    }
    if (status === 400 && /invalid state/i.test(body)) {
      return new ModelNotFoundError(
        `The endpoint ${this.#endpointName} is paused: resume it (headrace endpoints resume).`,
        { status, context },
      )
    }
    return this.#inner.readError(answer)
  }
}

/** Servers give their errors as JSON, the proxy gives a page, a plain sentence or nothing. */
function isOfTheServer(body: string): boolean {
  return body.trimStart().startsWith('{')
}
