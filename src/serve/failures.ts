import { isHeadraceError } from '../errors/headrace-error.js'

/** A refusal: a status and `{"detail": "..."}`. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail)
    this.status = status
    this.headers = headers
  }
}

/**
 * What Xinference makes of an exception of the model: 500 with its text, which names the process that raised it; 429
 * and 503 where the model says that it is busy or loading.
 *
 * @param address - Where the model lives, `host:port`.
 */
export function toHttpFailure(error: unknown, address: string): HttpFailure {
  if (error instanceof HttpFailure) return error
  const reason = error instanceof Error ? engineText(error) : String(error)
  if (isHeadraceError(error)) {
    if (error.code === 'RATE_LIMITED') return new HttpFailure(429, `Rate limit reached for the model. ${reason}`)
    if (error.code === 'MODEL_LOADING') {
      return new HttpFailure(503, `Model is loading, please retry later: ${reason}`, { 'retry-after': '30' })
    }
  }
  return new HttpFailure(500, `[address=${address}, pid=${process.pid}] ${reason}`)
}

/** In llama.cpp's own words, where clients know an error by them. */
function engineText(error: Error): string {
  if (!isHeadraceError(error) || error.code !== 'CONTEXT_OVERFLOW') return error.message
  const { promptTokens, contextWindow } = error.context
  if (typeof promptTokens !== 'number' || typeof contextWindow !== 'number') return error.message
  return `request (${promptTokens} tokens) exceeds the available context size (${contextWindow} tokens), try increasing it`
}

/** The text of an error inside a stream, whose status was 200 before the model was asked. */
export function toStreamError(error: unknown, address: string): string {
  const { status, message } = toHttpFailure(error, address)
  // An exception that became an HTTP status first is printed with it: `str(HTTPException)`.
  return status === 500 ? message : `${status}: ${message}`
}
