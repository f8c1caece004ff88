import type { Runtime } from '../contract/runtime.js'
import { AbortedError } from '../errors/aborted-error.js'
import { AddressBannedError } from '../errors/address-banned-error.js'
import { AuthenticationError } from '../errors/authentication-error.js'
import { ConnectionError } from '../errors/connection-error.js'
import { TimeoutError } from '../errors/timeout-error.js'
import { isHeadraceError } from '../errors/headrace-error.js'
import { orAborted } from '../transport/signal-listeners.js'
import type { Transport } from '../transport/transport.js'
import {
  keyVariable,
  passwordVariable,
  resolveCredentials,
  type ResolvedCredentials,
  type XinferenceCredentials,
} from './credentials.js'
import type { Endpoint } from './endpoint.js'
import {
  defaultTimeoutMs,
  type Headers,
  type JsonAnswer,
  requestJson,
  type SessionRequest,
  unreadable,
} from './request-json.js'
import { readTokens, type Tokens, useMs } from './tokens.js'

/** For the question whether a server is set up, which only improves a message. */
const setupTimeoutMs = 5000
/** A token that is refused this soon after it replaced a refused one is none that a further one would improve. */
const replacementTrialMs = 60_000

/**
 * A server and who asks it.
 *
 * Ten wrong credentials within five minutes get the whole address banned for an hour, valid ones included (server 3.2). So
 * a credential is proven by one request before others go along, and one that was refused is never sent again.
 */
export class Session {
  readonly endpoint: Endpoint
  readonly transport: Transport
  readonly #runtime: Runtime
  readonly #login: ResolvedCredentials['login']
  readonly #hasCredential: boolean
  /** The caller's own, for proxies and gateways. */
  readonly #openHeaders: Headers
  #headers: Headers
  /** The same with the type of a JSON body, kept so that a call need not make it. */
  #jsonHeaders: Headers = {}
  readonly #secrets: string[] = []
  readonly #tokenSecrets: string[] = []
  #tokens: Tokens | undefined
  /** Until then the token is used, on the runtime's clock. */
  #usableUntil = -Infinity
  #generation = 0
  #replacement: { readonly generation: number; readonly at: number } | undefined
  #isProven: boolean
  #refused: AuthenticationError | undefined
  #proving: Promise<void> | undefined
  #renewing: Promise<void> | undefined
  #isSetUp = false

  /** @throws InvalidOptionError `INVALID_OPTION` for credentials that exclude each other, or an unset variable. */
  constructor(
    endpoint: Endpoint,
    credentials: XinferenceCredentials,
    transport: (secrets: () => readonly string[]) => Transport,
    runtime: Runtime,
  ) {
    this.endpoint = endpoint
    this.#runtime = runtime
    const { login, key, headers } = resolveCredentials(credentials, runtime.env)
    this.#login = login
    this.#openHeaders = this.#headers = headers
    for (const secret of Object.values(headers)) this.keep(secret)
    if (login !== undefined) this.keep(login.password)
    this.#authorize(key === undefined ? undefined : this.keep(key))
    this.#hasCredential = login !== undefined || this.#headers['authorization'] !== undefined
    this.#isProven = !this.#hasCredential
    this.transport = transport(() => this.#secrets)
  }

  /** Of a request with a JSON body that is sent now. */
  get jsonHeaders(): Headers {
    return this.#jsonHeaders
  }

  /** Which credential {@link jsonHeaders} hold: another number after each renewal. */
  get generation(): number {
    return this.#generation
  }

  /** What must not show anywhere; grows and shrinks with the tokens. */
  get secrets(): readonly string[] {
    return this.#secrets
  }

  /** Adds to {@link secrets}. */
  keep(secret: string): string {
    this.#secrets.push(secret)
    return secret
  }

  /** Whether a request can be sent without {@link prepare}. */
  get isReady(): boolean {
    if (this.#refused !== undefined) return false
    return this.#isProven && (this.#login === undefined || this.#isFresh)
  }

  /**
   * Does what is due before a request: logs in, renews a token that is about to expire, proves a key.
   *
   * @throws AuthenticationError `AUTHENTICATION_FAILED`, at once when the credential was refused before.
   */
  async prepare(signal?: AbortSignal): Promise<void> {
    if (this.isReady) return
    while (!(await this.#clearWay(signal))) {
      if (this.#proving !== undefined) continue
      await this.#prove({ path: '/v1/models', signal }).catch((error: unknown) => {
        // What the list holds is not asked for: a gateway may not have it, a key not be allowed it.
        if (!this.#isProven) throw error
      })
    }
  }

  /**
   * After a refusal of a request that was sent with `generation`: whether it may be sent once more, with a renewed token.
   *
   * @throws AuthenticationError `AUTHENTICATION_FAILED` with a better reason than the refusal has.
   */
  async recover(refusal: AuthenticationError, generation: number): Promise<boolean> {
    if (!this.#hasCredential) {
      await this.#explainMissingSetup(refusal)
      return false
    }
    // Another request's refusal has led to a new token already.
    if (generation !== this.#generation && this.#renewing === undefined) return true
    if (this.#login === undefined || this.#isReplacement(generation)) {
      this.#refused ??= refusal
      return false
    }
    this.#usableUntil = -Infinity
    await this.#renew()
    this.#replacement = { generation: this.#generation, at: this.#runtime.now() }
    return true
  }

  /**
   * Sends a request and reads its JSON.
   *
   * @throws HeadraceError what the status and the body stand for.
   */
  async request(request: SessionRequest): Promise<unknown> {
    if (request.isOpen) return (await this.#exchange(request, this.#openHeaders)).json
    while (!(await this.#clearWay(request.signal))) {
      // Others may have gone ahead.
      if (this.#proving !== undefined) continue
      if (!isSlow(request)) return this.#prove(request)
      await this.prepare(request.signal)
    }
    return this.#sendOnceMore(request)
  }

  /** Waits for what another one has begun, or renews. @returns whether the credential is good, as far as one knows. */
  async #clearWay(signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#refused !== undefined) throw this.#refused
    if (this.#login !== undefined && !this.#isFresh) await waitFor(this.#renew(), signal)
    else if (!this.#isProven && this.#proving !== undefined) await waitFor(this.#proving, signal)
    if (this.#refused !== undefined) throw this.#refused
    return this.#isProven
  }

  /** One request alone, which shows whether the credential is good; the others wait for it. */
  #prove(request: SessionRequest): Promise<unknown> {
    const attempt = this.#sendOnceMore(request)
    // Who waits goes the same way where the server was not reached; after any other failure the next one tries.
    this.#proving = attempt
      .then(
        () => undefined,
        (error: unknown) => {
          if (isShared(error)) throw error
        },
      )
      .finally(() => (this.#proving = undefined))
    this.#proving.catch(() => undefined)
    return attempt
  }

  async #sendOnceMore(request: SessionRequest): Promise<unknown> {
    const generation = this.#generation
    try {
      return await this.#sendProving(request)
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error
      if (!(await waitFor(this.recover(error, generation), request.signal))) throw error
      return this.#sendProving(request)
    }
  }

  async #sendProving(request: SessionRequest): Promise<unknown> {
    const { json } = await this.#exchange(request, this.#headers, (status) => {
      // Who lacks a right or asks for what is not there was recognized before.
      if (status < 300 || (status >= 400 && status < 500 && status !== 401 && status !== 429)) this.#isProven = true
    })
    return json
  }

  get #isFresh(): boolean {
    return this.#runtime.now() < this.#usableUntil
  }

  #isReplacement(generation: number): boolean {
    const replacement = this.#replacement
    return replacement?.generation === generation && this.#runtime.now() - replacement.at < replacementTrialMs
  }

  #renew(): Promise<void> {
    this.#renewing ??= this.#obtainTokens().finally(() => (this.#renewing = undefined))
    return this.#renewing
  }

  /** A refresh token dies with its first use, so renewals are one at a time; when it is refused, the password is used. */
  async #obtainTokens(): Promise<void> {
    const refreshToken = this.#tokens?.refreshToken
    this.#tokens = undefined
    if (refreshToken !== undefined) {
      try {
        await this.#requestTokens('/v1/auth/refresh', { refresh_token: refreshToken })
        return
      } catch (error) {
        if (!isHeadraceError(error) || ![400, 401, 403, 404, 405].includes(error.status ?? 0)) throw error
      }
    }
    try {
      await this.#requestTokens('/token', this.#login)
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error
      this.#refused = error
      throw (this.#refused = await this.#explainLogin(error))
    }
  }

  async #requestTokens(path: string, body: unknown): Promise<void> {
    const request = { method: 'POST', path, body, isConfidential: true } as const
    const { json, serverTime } = await this.#exchange(request, this.#openHeaders)
    const tokens = readTokens(json, serverTime)
    if (tokens === undefined) throw unreadable(this.endpoint)
    const { accessToken, refreshToken } = tokens
    this.#tokens = tokens
    this.#usableUntil = this.#runtime.now() + useMs(tokens)
    this.#generation++
    this.#keepTokens(refreshToken === undefined ? [accessToken] : [accessToken, refreshToken])
    this.#authorize(accessToken)
    this.#isProven = true
  }

  /** What a server says may still hold the tokens before these; older ones are dead. */
  #keepTokens(tokens: readonly string[]): void {
    for (const token of this.#tokenSecrets.splice(0, Math.max(0, this.#tokenSecrets.length - tokens.length))) {
      this.#secrets.splice(this.#secrets.indexOf(token), 1)
    }
    for (const token of tokens) this.#tokenSecrets.push(this.keep(token))
  }

  #authorize(token: string | undefined): void {
    if (token !== undefined) this.#headers = { ...this.#openHeaders, authorization: `Bearer ${token}` }
    this.#jsonHeaders = { ...this.#headers, 'content-type': 'application/json' }
  }

  async #explainLogin(refusal: AuthenticationError): Promise<AuthenticationError> {
    try {
      await this.#explainMissingSetup(refusal)
    } catch (explained) {
      return explained as AuthenticationError
    }
    const said = String(refusal.context['said'])
    return new AuthenticationError(
      `${this.endpoint.url} refused the login of ${this.#login?.username} (${said}): correct username and password (${passwordVariable}).`,
      { status: refusal.status, cause: refusal },
    )
  }

  /** A server of version 3 refuses everything until somebody has made its first user. */
  async #explainMissingSetup(refusal: AuthenticationError): Promise<void> {
    if (this.#isSetUp) return
    try {
      const request = { path: '/v1/admin/setup/status', timeoutMs: setupTimeoutMs }
      const { json } = await this.#exchange(request, this.#openHeaders)
      this.#isSetUp = (json as { needs_setup?: unknown } | undefined)?.needs_setup !== true
    } catch {
      // Servers before 3 have no such route.
      this.#isSetUp = true
    }
    if (this.#isSetUp) return
    throw new AuthenticationError(
      `${this.endpoint.url} has no user yet: make the first one with XinferenceClient.setUp() or on its web page, then set apiKey (${keyVariable}) or username and password.`,
      { status: refusal.status, cause: refusal },
    )
  }

  #exchange(request: SessionRequest, headers: Headers, onStatus?: (status: number) => void): Promise<JsonAnswer> {
    const { transport, endpoint } = this
    const connection = { transport, endpoint, runtime: this.#runtime, secrets: this.#secrets }
    return requestJson(connection, request, headers, onStatus)
  }
}

/** Such as a launch, for whose end nobody else is to wait. */
function isSlow({ timeoutMs = defaultTimeoutMs }: SessionRequest): boolean {
  return timeoutMs > defaultTimeoutMs
}

/** Whether it would have been the same for every request. */
function isShared(error: unknown): boolean {
  return error instanceof ConnectionError || error instanceof TimeoutError || error instanceof AddressBannedError
}

/** The promise's outcome, unless the signal aborts first; what the promise stands for goes on for others. */
function waitFor<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return signal === undefined ? promise : orAborted(promise, signal, abortedBy)
}

function abortedBy(signal: AbortSignal): AbortedError {
  return new AbortedError('The request was aborted while it waited for a login.', { cause: signal.reason })
}
