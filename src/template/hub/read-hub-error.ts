import { AuthenticationError } from '../../errors/authentication-error.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import { ModelNotFoundError } from '../../errors/model-not-found-error.js'
import { PermissionError } from '../../errors/permission-error.js'
import { RateLimitError } from '../../errors/rate-limit-error.js'
import { ServerError } from '../../errors/server-error.js'
import { parseRetryAfter } from '../../transport/retry-after.js'
import type { ResponseHeaders } from '../../transport/transport.js'

/** What was asked of the Hub. */
export interface HubQuestion {
  readonly hubUrl: string
  readonly id: string
  readonly revision: string
  readonly hasToken: boolean
}

/** What the Hub's answer means, from its status and its `X-Error-Code`; `undefined` when a file is just not there. */
export function readHubError(
  status: number,
  headers: ResponseHeaders,
  { hubUrl, id, revision, hasToken }: HubQuestion,
): HeadraceError | undefined {
  const code = headers['x-error-code']
  const page = `${hubUrl}/${id}`
  const options = { status, context: { id, revision } }
  if (code === 'GatedRepo') {
    return hasToken
      ? new PermissionError(`${id} is gated, and the token's account has no access: ask for it at ${page}.`, options)
      : new AuthenticationError(
          `${id} is gated: accept its conditions at ${page}, then set HF_TOKEN or run \`hf auth login\`.`,
          options,
        )
  }
  if (code === 'RevisionNotFound') {
    return new ModelNotFoundError(`${id} has no revision ${JSON.stringify(revision)}: see ${page}.`, options)
  }
  if (code === 'RepoNotFound') {
    const advice = hasToken
      ? "check its name, and that the token's account may read it"
      : 'check its name; if it is private, set HF_TOKEN or run `hf auth login`'
    return new ModelNotFoundError(`${hubUrl} has no repository ${id}: ${advice}.`, options)
  }
  if (status === 404) return undefined
  if (status === 401) {
    return new AuthenticationError(
      hasToken
        ? `${hubUrl} does not accept the token: set HF_TOKEN to a valid one.`
        : `${hubUrl} wants a token for ${id}: set HF_TOKEN or run \`hf auth login\`.`,
      options,
    )
  }
  if (status === 403) return new PermissionError(`${hubUrl} does not let this token read ${id}.`, options)
  if (status === 429) {
    const retryAfterMs = parseRetryAfter(headers['retry-after'], Date.now())
    return new RateLimitError(`${hubUrl} has had too many requests: wait, or set HF_TOKEN for a higher limit.`, {
      ...options,
      retryAfterMs,
    })
  }
  return new ServerError(`${hubUrl} answered with status ${status} when ${id} was asked for.`, {
    ...options,
    isRetryable: status >= 500,
  })
}
