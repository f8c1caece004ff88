import type { Runtime } from '../../contract/runtime.js'
import { parseJson } from '../../transport/parse-json.js'
import { readRedacted, redactError, redactText } from '../../transport/redact.js'
import { redirectError } from '../../transport/redirect-error.js'
import { requestWhole } from '../../transport/request-whole.js'
import { parseRetryAfter } from '../../transport/retry-after.js'
import type { Transport } from '../../transport/transport.js'
import { readHubError } from './read-hub-error.js'

export interface HubConnection {
  readonly transport: Transport
  readonly runtime: Runtime
  /** Sent to every address that this connection is used for. */
  readonly key: string | undefined
}

export interface HubRequest {
  readonly method?: 'GET' | 'POST' | undefined
  readonly url: string
  /** @defaultValue 30000 */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Asks Hugging Face's own services, and reads the JSON of the answer.
 *
 * @throws HeadraceError what the status and the body stand for, without the key.
 */
export async function requestHubJson(
  { transport, runtime, key }: HubConnection,
  { method = 'GET', url, timeoutMs = 30_000, signal }: HubRequest,
): Promise<unknown> {
  const { origin, pathname, search } = new URL(url)
  const secrets = key === undefined ? [] : [key]
  try {
    const headers = { accept: 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) }
    const answer = await requestWhole(
      transport,
      { method, origin, path: pathname + search, headers, body: undefined },
      { runtime, timeoutMs, signal },
    )
    if (answer.status >= 400) {
      const retryAfterMs = parseRetryAfter(answer.headers['retry-after'], Date.now())
      throw readHubError({ ...answer, body: redactText(answer.body, secrets), retryAfterMs }, origin)
    }
    if (answer.status >= 300) throw redirectError(origin, answer.status, answer.headers)
    return answer.body === '' ? undefined : readRedacted(answer.body, secrets, (text) => parseJson(text, origin))
  } catch (error) {
    throw redactError(error, secrets)
  }
}
