import type { Runtime } from '../contract/runtime.js'
import { readError } from '../dialects/xinference/read-error.js'
import { MalformedResponseError } from '../errors/malformed-response-error.js'
import { parseJson } from '../transport/parse-json.js'
import { redirectError } from '../transport/redirect-error.js'
import { readRedacted, redactError, redactText } from '../transport/redact.js'
import { requestWhole } from '../transport/request-whole.js'
import { parseRetryAfter } from '../transport/retry-after.js'
import type { Transport } from '../transport/transport.js'
import type { Budget } from './budget.js'
import type { Endpoint } from './endpoint.js'

export interface SessionRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE' | undefined
  /** From the endpoint's root. */
  readonly path: string
  readonly body?: unknown
  /** @defaultValue 90000: a server with a sick worker takes up to a minute to list its models (Xinference 3.2) */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Of a GET. @defaultValue the session's */
  readonly maxRetries?: number | undefined
  /** A route that asks for no credential; it is sent without one. */
  readonly isOpen?: boolean | undefined
  /** Its body or its answer holds a secret that is not known yet. */
  readonly isConfidential?: boolean | undefined
}

export type Headers = Readonly<Record<string, string>>

/** Where a request goes, and what must not show of it. */
export interface JsonConnection {
  readonly transport: Transport
  readonly endpoint: Endpoint
  readonly runtime: Runtime
  readonly secrets: readonly string[]
}

export interface JsonAnswer {
  /** `undefined` for an empty body. */
  readonly json: unknown
  /** The time of day at the server. */
  readonly serverTime: number
}

/** Sends a request without a credential. */
export type SendOpen = (request: SessionRequest) => Promise<JsonAnswer>

export const defaultTimeoutMs = 90_000

/**
 * Sends a request and reads its JSON; `onStatus` hears the status before the body is read.
 *
 * @throws HeadraceError what the status and the body stand for, without secrets.
 */
export async function requestJson(
  { transport, endpoint, runtime, secrets }: JsonConnection,
  { method = 'GET', path, body, isConfidential }: SessionRequest,
  { timeoutMs, leftMs, signal }: Pick<Budget, 'timeoutMs' | 'leftMs' | 'signal'>,
  headers: Headers,
  onStatus?: (status: number) => void,
): Promise<JsonAnswer> {
  const { origin, basePath } = endpoint
  try {
    const answer = await requestWhole(
      transport,
      {
        method,
        origin,
        path: basePath + path,
        headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
        isConfidential,
      },
      { runtime, timeoutMs, leftMs, signal },
    )
    onStatus?.(answer.status)
    if (answer.status >= 400) {
      const retryAfterMs = parseRetryAfter(answer.headers['retry-after'], Date.now())
      throw readError({ ...answer, body: redactText(answer.body, secrets), retryAfterMs })
    }
    if (answer.status >= 300) throw redirectError(origin, answer.status, answer.headers)
    const serverTime = Date.parse(String(answer.headers['date'])) || Date.now()
    if (answer.body === '') return { json: undefined, serverTime }
    return { json: readRedacted(answer.body, secrets, (text) => parseJson(text, origin)), serverTime }
  } catch (error) {
    // Its excerpt may hold what is not known to be a secret yet.
    if (isConfidential && error instanceof MalformedResponseError) throw unreadable(endpoint)
    throw redactError(error, secrets)
  }
}

/** Of an answer that is not to be quoted. */
export function unreadable({ url }: Endpoint): MalformedResponseError {
  return new MalformedResponseError(`${url} answered a login or a key's making in a form that Xinference does not use.`)
}
