import type { Runtime } from '../contract/runtime.js'
import { AuthenticationError } from '../errors/authentication-error.js'
import { isHeadraceError } from '../errors/headrace-error.js'
import { passwordVariable, type ResolvedCredentials } from './credentials.js'
import type { Endpoint } from './endpoint.js'
import { type SendOpen, unreadable } from './request-json.js'
import type { Secrets } from './secrets.js'
import type { SetupCheck } from './setup-check.js'
import { readTokens, type Tokens, useMs } from './tokens.js'

/** A token that is refused this soon after it replaced a refused one is none that a further one would improve. */
const replacementTrialMs = 60_000

/** What a login needs of the session that it is for. */
export interface LoginContext {
  readonly endpoint: Endpoint
  readonly runtime: Runtime
  readonly secrets: Secrets
  readonly setup: SetupCheck
  readonly send: SendOpen
  /** Takes the token that is used from now on. */
  readonly onToken: (accessToken: string) => void
}

/**
 * A user who is logged in: gets a token with the password, and a new one before the old one expires, one request at a
 * time for all who wait.
 */
export class Login {
  readonly #user: NonNullable<ResolvedCredentials['login']>
  readonly #context: LoginContext
  #tokens: Tokens | undefined
  /** Until then the token is used, on the runtime's clock. */
  #usableUntil = -Infinity
  #generation = 0
  #replacement: { readonly generation: number; readonly at: number } | undefined
  #renewing: Promise<void> | undefined

  constructor(user: NonNullable<ResolvedCredentials['login']>, context: LoginContext) {
    this.#user = user
    this.#context = context
  }

  /** Of the token: another number after each renewal. */
  get generation(): number {
    return this.#generation
  }

  get isFresh(): boolean {
    return this.#context.runtime.now() < this.#usableUntil
  }

  get isRenewing(): boolean {
    return this.#renewing !== undefined
  }

  /**
   * Logs in, or gets a new token.
   *
   * @throws AuthenticationError `AUTHENTICATION_FAILED` when the password is refused; it must not be sent again.
   */
  renew(): Promise<void> {
    this.#renewing ??= this.#obtainTokens().finally(() => (this.#renewing = undefined))
    return this.#renewing
  }

  /** Gets a new token in place of one that was refused. @returns false where that one had just replaced a refused one. */
  async replace(generation: number): Promise<boolean> {
    const { runtime } = this.#context
    const { generation: replaced, at = -Infinity } = this.#replacement ?? {}
    if (replaced === generation && runtime.now() - at < replacementTrialMs) return false
    this.#usableUntil = -Infinity
    await this.renew()
    this.#replacement = { generation: this.#generation, at: runtime.now() }
    return true
  }

  /** A refresh token dies with its first use; when it is refused, the password is used. */
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
      await this.#requestTokens('/token', this.#user)
    } catch (error) {
      throw error instanceof AuthenticationError ? await this.#explain(error) : error
    }
  }

  async #requestTokens(path: string, body: unknown): Promise<void> {
    const { endpoint, runtime, secrets, send, onToken } = this.#context
    const { json, serverTime } = await send({ method: 'POST', path, body, isConfidential: true })
    const tokens = readTokens(json, serverTime)
    if (tokens === undefined) throw unreadable(endpoint)
    const { accessToken, refreshToken } = tokens
    this.#tokens = tokens
    this.#usableUntil = runtime.now() + useMs(tokens)
    this.#generation++
    secrets.keepTokens(refreshToken === undefined ? [accessToken] : [accessToken, refreshToken])
    onToken(accessToken)
  }

  async #explain(refusal: AuthenticationError): Promise<AuthenticationError> {
    const { endpoint, setup } = this.#context
    const explained = await setup.explain(refusal)
    if (explained !== refusal) return explained
    const said = String(refusal.context['said'])
    return new AuthenticationError(
      `${endpoint.url} refused the login of ${this.#user.username} (${said}): correct username and password (${passwordVariable}).`,
      { status: refusal.status, cause: refusal },
    )
  }
}
