import type { Runtime } from '../../contract/runtime.js'
import { AbortedError } from '../../errors/aborted-error.js'
import { isHeadraceError } from '../../errors/headrace-error.js'
import { WrongServerError } from '../../errors/wrong-server-error.js'
import { requestBytes } from '../../transport/request-bytes.js'
import { retryDelayMs } from '../../transport/retry-delay.js'
import { sleep } from '../../transport/sleep.js'
import type { ResponseHeaders, Transport } from '../../transport/transport.js'
import { version } from '../../version.js'
import { isCommit } from './hub-cache.js'
import { readHubError } from './read-hub-error.js'

export interface HubClientOptions {
  readonly transport: Transport
  readonly runtime: Runtime
  readonly hubUrl: string
  /** Sent to the host of {@link hubUrl} alone. */
  readonly token: string | undefined
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/** A file as the Hub gave it. */
export interface HubFile {
  readonly bytes: Uint8Array
  /** The commit that it belongs to, and the name of its content; a mirror may not say. */
  readonly commit: string | undefined
  readonly etag: string | undefined
}

interface HubAnswer {
  readonly status: number
  /** Those of the Hub itself, where it redirects to another host for the content. */
  readonly headers: ResponseHeaders
  readonly body: Uint8Array
}

const attempts = 3
const redirects = 5

/** Downloads files of the Hub's repositories. */
export class HubClient {
  readonly hubUrl: string
  readonly #options: HubClientOptions

  constructor(options: HubClientOptions) {
    this.hubUrl = options.hubUrl
    this.#options = options
  }

  /**
   * A file, or `undefined` when the repository has none of that name.
   *
   * @throws HeadraceError `AUTHENTICATION_FAILED`, `PERMISSION_DENIED`, `MODEL_NOT_FOUND` for a repository or revision,
   * and what goes wrong on the way.
   */
  async download(id: string, revision: string, file: string): Promise<HubFile | undefined> {
    const path = file.split('/').map(encodeURIComponent).join('/')
    const answer = await this.#get(`${this.hubUrl}/${id}/resolve/${encodeURIComponent(revision)}/${path}`, id, revision)
    if (answer === undefined) return undefined
    const { 'x-repo-commit': commit, 'x-linked-etag': linked, etag } = answer.headers
    const name = linked ?? etag
    return {
      bytes: answer.body,
      commit: typeof commit === 'string' && isCommit(commit) ? commit : undefined,
      etag: typeof name === 'string' ? name.replace(/^W\//, '').replaceAll('"', '') : undefined,
    }
  }

  /** The names of the files in a folder; none when there is no such folder. */
  async list(id: string, revision: string, folder: string): Promise<readonly string[]> {
    const url = `${this.hubUrl}/api/models/${id}/tree/${encodeURIComponent(revision)}/${encodeURIComponent(folder)}`
    const answer = await this.#get(url, id, revision)
    if (answer === undefined) return []
    const entries: unknown = JSON.parse(new TextDecoder().decode(answer.body))
    if (!Array.isArray(entries)) return []
    return entries.flatMap((entry: { readonly type?: unknown; readonly path?: unknown } | null) =>
      entry?.type === 'file' && typeof entry.path === 'string' ? [entry.path.slice(folder.length + 1)] : [],
    )
  }

  /** Asks again where that may help. */
  async #get(url: string, id: string, revision: string): Promise<HubAnswer | undefined> {
    const { runtime, signal, hubUrl, token } = this.#options
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await this.#follow(url)
        if (answer.status < 300) return this.#withoutToken(answer)
        const question = { hubUrl, id, revision, hasToken: token !== undefined }
        const error = readHubError(answer.status, answer.headers, question)
        if (error === undefined) return undefined
        throw error
      } catch (error) {
        if (!isHeadraceError(error) || !error.isRetryable || attempt === attempts) throw error
        const delayMs = retryDelayMs(attempt + 1, error.retryAfterMs, runtime)
        await sleep(
          delayMs,
          signal,
          runtime,
          ({ reason: cause }) => new AbortedError('Loading was aborted.', { cause }),
        )
      }
    }
  }

  /** What is answered comes to lie in the cache. */
  #withoutToken(answer: HubAnswer): HubAnswer {
    const { token, hubUrl } = this.#options
    if (
      token === undefined ||
      !Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.length).includes(token)
    )
      return answer
    throw new WrongServerError(`${hubUrl} repeats the token that it was sent: it is no Hub; check HF_ENDPOINT.`)
  }

  /** Follows redirects: the Hub gives large files from another host, which must not see the token. */
  async #follow(url: string): Promise<HubAnswer> {
    const { transport, runtime, timeoutMs, signal, token } = this.#options
    const hub = new URL(this.hubUrl)
    let target = new URL(url)
    let hubHeaders: ResponseHeaders = {}
    for (let count = 0; count <= redirects; count++) {
      const { origin, pathname, search } = target
      const isHub = origin === hub.origin
      const headers = {
        'user-agent': `headrace/${version}`,
        ...(isHub && token !== undefined ? { authorization: `Bearer ${token}` } : {}),
      }
      const request = { method: 'GET' as const, origin, path: pathname + search, headers, body: undefined }
      const { status, headers: answered, body } = await requestBytes(transport, request, { runtime, timeoutMs, signal })
      if (isHub) hubHeaders = { ...hubHeaders, ...answered }
      const { location } = answered
      if (status < 300 || status >= 400 || typeof location !== 'string') {
        return { status, headers: isHub ? { ...hubHeaders, ...answered } : hubHeaders, body }
      }
      target = new URL(location, target)
      if (target.protocol !== 'https:' && target.protocol !== hub.protocol) break
    }
    throw new WrongServerError(
      `${this.hubUrl} redirects too often, or to where nothing is encrypted; check HF_ENDPOINT.`,
    )
  }
}
