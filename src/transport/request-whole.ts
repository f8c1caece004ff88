import type { HeadraceError } from '../errors/headrace-error.js'
import type { Runtime } from '../contract/runtime.js'
import { onAbort } from './signal-listeners.js'
import { toNetworkError } from './network-error.js'
import type { ResponseHeaders, Transport, TransportRequest } from './transport.js'
import { AbortedError } from '../errors/aborted-error.js'
import { TimeoutError } from '../errors/timeout-error.js'

/** A small answer, read whole. */
export interface WholeAnswer {
  readonly status: number
  readonly headers: ResponseHeaders
  readonly body: string
}

export interface WholeRequestOptions {
  readonly runtime: Runtime
  /** For the whole exchange, in milliseconds. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Sends a request and reads the whole answer, whatever its status: for the small questions around a call, such as
 * which models there are.
 *
 * @throws HeadraceError `CONNECTION_FAILED`, `TIMEOUT`, `ABORTED`, `WRONG_SERVER`.
 */
export function requestWhole(
  transport: Transport,
  request: TransportRequest,
  { runtime, timeoutMs, signal }: WholeRequestOptions,
): Promise<WholeAnswer> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(
        new AbortedError(`The request to ${request.origin} was aborted before it was sent.`, { cause: signal.reason }),
      )
      return
    }
    const decoder = new TextDecoder()
    let status = 0
    let headers: ResponseHeaders = {}
    let body = ''
    const settle = (act: () => void): void => {
      cancelTimer()
      stopListening?.()
      act()
    }
    const fail = (error: HeadraceError): void => {
      exchange.abort()
      settle(() => reject(error))
    }
    const cancelTimer = Number.isFinite(timeoutMs)
      ? runtime.setTimer(() => {
          const message = `${request.origin}${request.path} gave no answer within ${timeoutMs} ms; is it the right server?`
          fail(new TimeoutError(message, { phase: 'total', context: { origin: request.origin } }))
        }, timeoutMs)
      : () => undefined
    const stopListening =
      signal &&
      onAbort(signal, () =>
        fail(new AbortedError(`The request to ${request.origin} was aborted.`, { cause: signal.reason })),
      )
    const exchange = transport.send(request, {
      sent: () => undefined,
      head(answerStatus, answerHeaders) {
        status = answerStatus
        headers = answerHeaders
      },
      data(chunk) {
        body += decoder.decode(chunk, { stream: true })
      },
      end: () => settle(() => resolve({ status, headers, body: body + decoder.decode() })),
      fail: (error) => settle(() => reject(toNetworkError(error, request.origin))),
    })
  })
}
