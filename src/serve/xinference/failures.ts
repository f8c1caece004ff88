import { isHeadraceError } from '../../errors/headrace-error.js'
import { HttpFailure } from '../http-failure.js'

/** Which of the two inference routes: their errors differ. */
export type InferenceRoute = 'chat' | 'completion'

/** As Xinference writes an exception of one of its processes: where it was raised, and its text. */
export function toProcessText(address: string, reason: string): string {
  return `[address=${address}, pid=${process.pid}] ${reason}`
}

/** The whole reason of an exception of the model, as `GET /v1/models/{uid}/events` tells it. */
export function toReason(error: unknown, address: string): string {
  const reason = error instanceof Error ? engineText(error) : String(error)
  const isBusy = isHeadraceError(error) && error.code === 'RATE_LIMITED'
  return toProcessText(address, isBusy ? `Rate limit reached for the model. ${reason}` : reason)
}

/**
 * What Xinference makes of an exception of the model: 500 with its text; 429 and 503 where the model says that it is
 * busy or loading.
 *
 * @param address - Where the model lives, `host:port`.
 */
export function toHttpFailure(error: unknown, address: string, route: InferenceRoute): HttpFailure {
  if (error instanceof HttpFailure) return error
  const reason = toReason(error, address)
  if (isHeadraceError(error)) {
    if (error.code === 'RATE_LIMITED') return new HttpFailure(429, route === 'chat' ? 'Rate limit reached' : reason)
    if (error.code === 'MODEL_LOADING') {
      return new HttpFailure(503, `Model is loading, please retry later: ${error.message}`, { 'retry-after': '30' })
    }
  }
  return new HttpFailure(500, reason)
}

/** In llama.cpp's own words, where clients know an error by them. */
function engineText(error: Error): string {
  if (!isHeadraceError(error) || error.code !== 'CONTEXT_OVERFLOW') return error.message
  const { promptTokens, contextWindow } = error.context
  if (typeof promptTokens !== 'number' || typeof contextWindow !== 'number') return error.message
  return `request (${promptTokens} tokens) exceeds the available context size (${contextWindow} tokens), try increasing it`
}

/** The text of an error inside a stream, whose status was 200 before the model was asked. */
export function toStreamError(error: unknown, address: string, route: InferenceRoute): string {
  const { status, message } = toHttpFailure(error, address, route)
  // An exception that became an HTTP status first is printed with it, `str(HTTPException)`, but for a busy chat.
  return status === 500 || (status === 429 && route === 'chat') ? message : `${status}: ${message}`
}
