import type { Runtime } from '../contract/runtime.js'
import { readError } from '../dialects/xinference/read-error.js'
import { AuthenticationError } from '../errors/authentication-error.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { PermissionError } from '../errors/permission-error.js'
import type { ConnectionOptions, SecretReference } from '../llm/llm-options.js'
import { resolveSecret } from '../llm/secret.js'
import { parseJson } from '../transport/parse-json.js'
import { redirectError } from '../transport/redirect-error.js'
import { readRedacted, redactError, redactText } from '../transport/redact.js'
import { requestWhole } from '../transport/request-whole.js'
import { parseRetryAfter } from '../transport/retry-after.js'
import type { Transport } from '../transport/transport.js'
import type { Endpoint } from './endpoint.js'

/** Who asks. Either a key, or a user's name and password, or nothing where the server wants nothing. */
export interface XinferenceCredentials extends Pick<ConnectionOptions, 'apiKey' | 'headers'> {
  /** Logs in with it and `password`; such a session may launch models, which a key of server 3 may not. */
  readonly username?: string | undefined
  /** @defaultValue the environment variable `XINFERENCE_PASSWORD` */
  readonly password?: string | SecretReference | undefined
}

export interface SessionRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE' | undefined
  /** From the endpoint's root. */
  readonly path: string
  readonly body?: unknown
  /** @defaultValue 90000: a server with a sick worker takes up to a minute to list its models (Xinference 3.2) */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string | undefined
  /** On the runtime's clock; `Infinity` for servers whose tokens never expire (2.x). */
  readonly expiresAt: number
}

export const keyVariable = 'XINFERENCE_API_KEY'
export const passwordVariable = 'XINFERENCE_PASSWORD'
const defaultTimeoutMs = 90_000
/** A token is renewed this long before it expires. */
const renewalMarginMs = 60_000

/**
 * A server and who asks it.
 *
 * Ten wrong credentials within five minutes get the whole address banned for an hour, valid ones included (server 3.2). So
 * a credential is proven by one request before others go along, and one that was refused is never sent again.
 */
export class Session {
  readonly endpoint: Endpoint
  readonly #transport: Transport
  readonly #runtime: Runtime
  readonly #headers: Record<string, string> = {}
  /** The same with the type of a JSON body, kept so that a call need not make it. */
  #jsonHeaders: Readonly<Record<string, string>> = {}
  readonly #secrets: string[] = []
  readonly #login: { readonly username: string; readonly password: string } | undefined
  #tokens: Tokens | undefined
  #isProven: boolean
  #refused: AuthenticationError | undefined
  #proving: Promise<unknown> | undefined
  #renewing: Promise<void> | undefined

  /** @throws InvalidOptionError `INVALID_OPTION` for credentials that exclude each other, or an unset variable. */
  constructor(
    endpoint: Endpoint,
    credentials: XinferenceCredentials,
    transport: (secrets: () => readonly string[]) => Transport,
    runtime: Runtime,
  ) {
    this.endpoint = endpoint
    this.#runtime = runtime
    const { env } = runtime
    for (const [name, value] of Object.entries(credentials.headers ?? {})) {
      this.#headers[name.toLowerCase()] = this.#keep(resolveSecret(value, env, `headers.${name}`))
    }
    this.#jsonHeaders = { ...this.#headers, 'content-type': 'application/json' }
    const { username, apiKey, password } = credentials
    if (username !== undefined) {
      if (apiKey !== undefined) {
        throw new InvalidOptionError('apiKey and username exclude each other: give one.', { option: 'username' })
      }
      const secret = resolveSecret(password ?? { env: passwordVariable }, env, 'password')
      this.#login = { username, password: this.#keep(secret) }
    } else if (password !== undefined) {
      throw new InvalidOptionError('password needs a username.', { option: 'username' })
    } else {
      const key = apiKey ?? (env[keyVariable] || undefined)
      if (key !== undefined) this.#authorize(resolveSecret(key, env, 'apiKey'))
    }
    this.#isProven = this.#headers['authorization'] === undefined
    this.#transport = transport(() => this.#secrets)
  }

  get transport(): Transport {
    return this.#transport
  }

  /** Of a request with a JSON body that is sent now. */
  get jsonHeaders(): Readonly<Record<string, string>> {
    return this.#jsonHeaders
  }

  /** What must not show anywhere. */
  get secrets(): readonly string[] {
    return this.#secrets
  }

  /** Whether a request can be sent without {@link prepare}. */
  get isReady(): boolean {
    if (this.#refused !== undefined) return false
    return this.#login === undefined ? this.#isProven : this.#isFresh()
  }

  /**
   * Does what is due before a request: logs in, renews a token that is about to expire, proves a key.
   *
   * @throws AuthenticationError `AUTHENTICATION_FAILED`, at once when the credential was refused before.
   */
  async prepare(): Promise<void> {
    if (this.isReady) return
    if (this.#refused !== undefined) throw this.#refused
    if (this.#login !== undefined) await this.#renew()
    else {
      await this.#prove(() => this.#sendOnceMore({ path: '/v1/models' })).catch((error: unknown) => {
        if (!this.#isProven) throw error
      })
    }
  }

  /** After a refusal: whether the same request may be sent once more, with a renewed token. */
  async recover(error: AuthenticationError): Promise<boolean> {
    if (this.#login === undefined) {
      this.#refused ??= error
      return false
    }
    if (this.#tokens !== undefined) this.#tokens = { ...this.#tokens, expiresAt: 0 }
    await this.#renew()
    return true
  }

  /**
   * Sends a request and reads its JSON.
   *
   * @throws HeadraceError what the status and the body stand for.
   */
  async request(request: SessionRequest): Promise<unknown> {
    if (this.#refused !== undefined) throw this.#refused
    if (this.#login !== undefined && !this.#isFresh()) await this.#renew()
    if (this.isReady) return this.#sendOnceMore(request)
    return this.#prove(() => this.#sendOnceMore(request))
  }

  async #sendOnceMore(request: SessionRequest): Promise<unknown> {
    if (this.#refused !== undefined) throw this.#refused
    try {
      return await this.#send(request, this.#headers)
    } catch (error) {
      if (!(error instanceof AuthenticationError) || !(await this.recover(error))) throw error
      return this.#send(request, this.#headers)
    }
  }

  /** One request alone, which shows whether the credential is good; the others wait for it. */
  #prove<T>(act: () => Promise<T>): Promise<T> {
    if (this.#proving !== undefined) return this.#proving.then(act)
    const proving = act().then(
      (value) => {
        this.#isProven = true
        return value
      },
      (error: unknown) => {
        // Who lacks a right was recognized: a key of server 3 may use models without listing them.
        if (error instanceof PermissionError) this.#isProven = true
        throw error
      },
    )
    this.#proving = proving
    const done = (): void => {
      this.#proving = undefined
    }
    proving.then(done, done)
    return proving
  }

  #renew(): Promise<void> {
    this.#renewing ??= this.#logIn().finally(() => {
      this.#renewing = undefined
    })
    return this.#renewing
  }

  /** A refresh token dies with its first use, so renewals are one at a time; when it is refused, the password is used. */
  async #logIn(): Promise<void> {
    const refreshToken = this.#tokens?.refreshToken
    if (refreshToken !== undefined) {
      this.#tokens = undefined
      try {
        this.#accept(
          await this.#send({ method: 'POST', path: '/v1/auth/refresh', body: { refresh_token: refreshToken } }, {}),
        )
        return
      } catch (error) {
        if (!(error instanceof AuthenticationError)) throw error
      }
    }
    try {
      this.#accept(await this.#send({ method: 'POST', path: '/token', body: this.#login }, {}))
    } catch (error) {
      if (error instanceof AuthenticationError) this.#refused = error
      throw error
    }
  }

  #accept(answer: unknown): void {
    const { access_token: accessToken, refresh_token: refreshToken } = answer as Record<string, unknown>
    if (typeof accessToken !== 'string') {
      throw new AuthenticationError(`${this.endpoint.url} logged in without giving a token.`)
    }
    const refresh = typeof refreshToken === 'string' ? refreshToken : undefined
    if (refresh !== undefined) this.#keep(refresh)
    const lifetimeMs = refresh === undefined ? Infinity : tokenLifetimeMs(accessToken)
    this.#tokens = { accessToken, refreshToken: refresh, expiresAt: this.#runtime.now() + lifetimeMs }
    this.#authorize(accessToken)
    this.#isProven = true
  }

  #authorize(token: string): void {
    this.#headers['authorization'] = `Bearer ${this.#keep(token)}`
    this.#jsonHeaders = { ...this.#headers, 'content-type': 'application/json' }
  }

  #isFresh(): boolean {
    return this.#tokens !== undefined && this.#runtime.now() < this.#tokens.expiresAt - renewalMarginMs
  }

  async #send(request: SessionRequest, headers: Readonly<Record<string, string>>): Promise<unknown> {
    try {
      return await this.#exchange(request, headers)
    } catch (error) {
      throw redactError(error, this.#secrets)
    }
  }

  async #exchange(request: SessionRequest, headers: Readonly<Record<string, string>>): Promise<unknown> {
    const { origin, basePath } = this.endpoint
    const { method = 'GET', path, body, timeoutMs = defaultTimeoutMs, signal } = request
    const answer = await requestWhole(
      this.#transport,
      {
        method,
        origin,
        path: basePath + path,
        headers: body === undefined ? { ...headers } : { ...headers, 'content-type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
      },
      { runtime: this.#runtime, timeoutMs, signal },
    )
    if (answer.status < 300) {
      if (answer.body === '') return undefined
      return readRedacted(answer.body, this.#secrets, (text) => parseJson(text, origin))
    }
    if (answer.status < 400) throw redirectError(origin, answer.status, answer.headers)
    const retryAfterMs = parseRetryAfter(answer.headers['retry-after'], Date.now())
    throw readError({ ...answer, body: redactText(answer.body, this.#secrets), retryAfterMs })
  }

  #keep(secret: string): string {
    this.#secrets.push(secret)
    return secret
  }
}

/** From the claims of a JSON Web Token, whose expiry only matters relative to its issue: clocks may differ. */
function tokenLifetimeMs(token: string): number {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
    const { exp, iat } = claims
    if (typeof exp === 'number') return (exp - (typeof iat === 'number' ? iat : Date.now() / 1000)) * 1000
  } catch {
    // An opaque token.
  }
  return 25 * 60_000
}
