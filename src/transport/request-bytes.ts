import type { Runtime } from '../contract/runtime.js'
import { AbortedError } from '../errors/aborted-error.js'
import type { HeadraceError } from '../errors/headrace-error.js'
import { TimeoutError } from '../errors/timeout-error.js'
import { toNetworkError } from './network-error.js'
import { onAbort } from './signal-listeners.js'
import type { ResponseHeaders, Transport, TransportRequest } from './transport.js'

/** An answer, read whole. */
export interface BytesAnswer {
  readonly status: number
  readonly headers: ResponseHeaders
  readonly body: Uint8Array
}

export interface WholeRequestOptions {
  readonly runtime: Runtime
  /** For the whole exchange, in milliseconds. */
  readonly timeoutMs: number
  /** What is left of it. @defaultValue all */
  readonly leftMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Sends a request and reads the whole answer, whatever its status.
 *
 * @throws HeadraceError `CONNECTION_FAILED`, `TIMEOUT`, `ABORTED`, `WRONG_SERVER`.
 */
export function requestBytes(
  transport: Transport,
  request: TransportRequest,
  { runtime, timeoutMs, leftMs = timeoutMs, signal }: WholeRequestOptions,
): Promise<BytesAnswer> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(
        new AbortedError(`The request to ${request.origin} was aborted before it was sent.`, { cause: signal.reason }),
      )
      return
    }
    const chunks: Uint8Array[] = []
    let status = 0
    let headers: ResponseHeaders = {}
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
        }, leftMs)
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
      data: (chunk) => void chunks.push(chunk),
      end: () => settle(() => resolve({ status, headers, body: Buffer.concat(chunks) })),
      fail: (error) => settle(() => reject(toNetworkError(error, request.origin))),
    })
  })
}
