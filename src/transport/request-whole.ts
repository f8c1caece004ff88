import { requestBytes, type WholeRequestOptions } from './request-bytes.js'
import type { ResponseHeaders, Transport, TransportRequest } from './transport.js'

/** A small answer, read whole. */
export interface WholeAnswer {
  readonly status: number
  readonly headers: ResponseHeaders
  readonly body: string
}

/**
 * Sends a request and reads the whole answer as text, whatever its status: for the small questions around a call, such
 * as which models there are.
 *
 * @throws HeadraceError `CONNECTION_FAILED`, `TIMEOUT`, `ABORTED`, `WRONG_SERVER`.
 */
export async function requestWhole(
  transport: Transport,
  request: TransportRequest,
  options: WholeRequestOptions,
): Promise<WholeAnswer> {
  const { status, headers, body } = await requestBytes(transport, request, options)
  return { status, headers, body: new TextDecoder().decode(body) }
}
