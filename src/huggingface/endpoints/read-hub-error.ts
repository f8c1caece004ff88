import type { ErrorAnswer } from '../../contract/dialect.js'
import { AuthenticationError } from '../../errors/authentication-error.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import { InvalidRequestError } from '../../errors/invalid-request-error.js'
import { ModelNotFoundError } from '../../errors/model-not-found-error.js'
import { PermissionError } from '../../errors/permission-error.js'
import { RateLimitError } from '../../errors/rate-limit-error.js'
import { ServerError } from '../../errors/server-error.js'

const requestIdHeaders = ['x-request-id', 'x-amzn-trace-id', 'x-amz-cf-id']

/** Turns an answer of the Hub or of the management API into one of the family. */
export function readHubError(answer: ErrorAnswer, origin: string): HeadraceError {
  const { status, headers, retryAfterMs } = answer
  const requestId = requestIdHeaders.map((name) => headers[name]).find((value) => typeof value === 'string')
  const said = readReason(answer)
  const options = { status, retryAfterMs, context: requestId === undefined ? {} : { requestId } }
  switch (status) {
    case 401:
      return new AuthenticationError(
        `${origin} wants a valid token (${said}): set apiKey or HF_TOKEN to one of https://huggingface.co/settings/tokens.`,
        options,
      )
    case 403:
      return new PermissionError(`The token may not do this at ${origin}: ${said}.`, options)
    case 404:
      return new ModelNotFoundError(`${origin} has nothing of that name: ${said}.`, options)
    case 429:
      return new RateLimitError(`${origin} has had too many requests: ${said}.`, options)
    default:
      return status >= 500
        ? new ServerError(`${origin} failed (${status}): ${said}.`, { ...options, isRetryable: true })
        : new InvalidRequestError(`${origin} refused the request (${status}): ${said}.`, options)
  }
}

/** What went wrong, in the order in which Hugging Face's services say it. */
function readReason({ headers, body }: ErrorAnswer): string {
  const header = headers['x-error-message']
  const said = typeof header === 'string' && header !== '' ? header : readBody(body)
  const text = said.replaceAll(/\s+/g, ' ').trim().replace(/\.+$/, '')
  if (text === '') return 'no reason given'
  return text.length > 500 ? `${text.slice(0, 500)}...` : text
}

function readBody(body: string): string {
  if (/^\s*</.test(body)) return 'a web page instead of a reason'
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return body
  }
  if (typeof json !== 'object' || json === null) return String(json)
  const { error, error_description: description, errors, message } = json as Record<string, unknown>
  const candidates = [
    typeof error === 'object' && error !== null && 'message' in error ? error.message : error,
    description,
    Array.isArray(errors) ? errors.map((each: { message?: unknown } | null) => each?.message ?? each) : undefined,
    message,
  ]
  for (const candidate of candidates) {
    if (typeof candidate === 'string' && candidate !== '') return candidate
    if (Array.isArray(candidate) && candidate.length > 0) return candidate.map(String).join('; ')
  }
  return body
}
