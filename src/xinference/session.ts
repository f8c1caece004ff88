import type { Runtime } from '../contract/runtime.js'
import { AuthenticationError } from '../errors/authentication-error.js'
import type { Transport } from '../transport/transport.js'
import { Budget } from './budget.js'
import { keyIsElsewhere, resolveCredentials, type XinferenceCredentials } from './credentials.js'
import type { Endpoint } from './endpoint.js'
import { Login } from './login.js'
import {
  defaultTimeoutMs,
  type Headers,
  type JsonAnswer,
  requestJson,
  type SendOpen,
  type SessionRequest,
} from './request-json.js'
import { retryQuestion } from './retry-question.js'
import { Secrets } from './secrets.js'
import { SetupCheck } from './setup-check.js'
import { isSharedFailure } from './shared-failure.js'

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
  readonly #maxRetries: number
  readonly #secrets = new Secrets()
  readonly #setup: SetupCheck
  readonly #login: Login | undefined
  readonly #hasCredential: boolean
  readonly #isKeyElsewhere: boolean
  /** The caller's own, for proxies and gateways. */
  readonly #openHeaders: Headers
  #headers: Headers
  /** The same with the type of a JSON body, kept so that a call need not make it. */
  #jsonHeaders: Headers = {}
  #isProven: boolean
  #refused: AuthenticationError | undefined
  #proving: Promise<void> | undefined

  /** @throws InvalidOptionError `INVALID_OPTION` for credentials that exclude each other, or an unset variable. */
  constructor(
    endpoint: Endpoint,
    credentials: XinferenceCredentials,
    transport: (secrets: () => readonly string[]) => Transport,
    runtime: Runtime,
    maxRetries = 2,
  ) {
    this.endpoint = endpoint
    this.#runtime = runtime
    this.#maxRetries = maxRetries
    const { login, key, headers, isKeyElsewhere } = resolveCredentials(credentials, runtime.env, endpoint)
    this.#isKeyElsewhere = isKeyElsewhere
    this.#openHeaders = this.#headers = headers
    for (const secret of Object.values(headers)) this.keep(secret)
    if (login !== undefined) this.keep(login.password)
    this.#authorize(key === undefined ? undefined : this.keep(key))
    this.#hasCredential = login !== undefined || this.#headers['authorization'] !== undefined
    this.#isProven = !this.#hasCredential
    this.transport = transport(() => this.secrets)
    const send: SendOpen = (request) => this.#send(request, this.#budgetOf(request), this.#openHeaders)
    this.#setup = new SetupCheck(endpoint, send)
    this.#login =
      login &&
      new Login(login, {
        endpoint,
        runtime,
        secrets: this.#secrets,
        setup: this.#setup,
        send,
        onToken: (accessToken) => {
          this.#authorize(accessToken)
          this.#isProven = true
        },
      })
  }

  /** Of a request with a JSON body that is sent now. */
  get jsonHeaders(): Headers {
    return this.#jsonHeaders
  }

  /** Which credential {@link jsonHeaders} hold: another number after each renewal. */
  get generation(): number {
    return this.#login?.generation ?? 0
  }

  /** What must not show anywhere; grows and shrinks with the tokens. */
  get secrets(): readonly string[] {
    return this.#secrets.all
  }

  /** Adds to {@link secrets}. */
  keep(secret: string): string {
    return this.#secrets.keep(secret)
  }

  /** Whether a request can be sent without {@link prepare}. */
  get isReady(): boolean {
    return this.#refused === undefined && this.#isProven && (this.#login?.isFresh ?? true)
  }

  /**
   * Does what is due before a request: logs in, renews a token that is about to expire, proves a key.
   *
   * @throws AuthenticationError `AUTHENTICATION_FAILED`, at once when the credential was refused before.
   */
  async prepare(signal?: AbortSignal): Promise<void> {
    if (this.isReady) return
    const budget = this.#budgetOf({ signal })
    while (!(await this.#clearWay(budget))) {
      if (this.#proving === undefined) await this.#proveByListing(budget)
    }
  }

  /**
   * After a refusal of a request that was sent with `generation`: whether it may be sent once more, with a renewed token.
   *
   * @throws AuthenticationError `AUTHENTICATION_FAILED` with a better reason than the refusal has.
   */
  async recover(refusal: AuthenticationError, generation: number): Promise<boolean> {
    if (!this.#hasCredential) {
      const explained = await this.#setup.explain(refusal)
      if (explained !== refusal) throw explained
      if (this.#isKeyElsewhere) throw keyIsElsewhere(this.endpoint, refusal)
      return false
    }
    // Another request's refusal has led to a new token already.
    if (generation !== this.generation && !this.#login?.isRenewing) return true
    if (this.#login !== undefined && (await this.#keepRefusal(this.#login.replace(generation)))) return true
    this.#refused ??= refusal
    return false
  }

  /**
   * Sends a request and reads its JSON. A GET is sent again where what failed may pass.
   *
   * @throws HeadraceError what the status and the body stand for; `TIMEOUT` also while it waits for a login.
   */
  async request(request: SessionRequest): Promise<unknown> {
    return (await this.ask(request)).json
  }

  /** As {@link request}, with the server's time of day. */
  async ask(request: SessionRequest): Promise<JsonAnswer> {
    const budget = this.#budgetOf(request)
    if (request.isOpen) return this.#send(request, budget, this.#openHeaders)
    while (!(await this.#clearWay(budget))) {
      // Others may have gone ahead.
      if (this.#proving !== undefined) continue
      // For the end of a launch nobody else is to wait.
      if (budget.timeoutMs <= defaultTimeoutMs) return this.#prove(request, budget)
      await this.#proveByListing(budget)
    }
    return this.#sendOnceMore(request, budget)
  }

  #budgetOf({ timeoutMs = defaultTimeoutMs, signal }: Pick<SessionRequest, 'timeoutMs' | 'signal'>): Budget {
    return new Budget(this.#runtime, this.endpoint, timeoutMs, signal)
  }

  /** Waits for what another one has begun, or renews. @returns whether the credential is good, as far as one knows. */
  async #clearWay(budget: Budget): Promise<boolean> {
    if (this.#refused !== undefined) throw this.#refused
    if (this.#login?.isFresh === false) await budget.wait(this.#keepRefusal(this.#login.renew()))
    else if (!this.#isProven && this.#proving !== undefined) await budget.wait(this.#proving)
    if (this.#refused !== undefined) throw this.#refused
    return this.#isProven
  }

  /** A password that is refused is never sent again. */
  async #keepRefusal<T>(renewal: Promise<T>): Promise<T> {
    try {
      return await renewal
    } catch (error) {
      if (error instanceof AuthenticationError) this.#refused ??= error
      throw error
    }
  }

  /** One request alone, which shows whether the credential is good; the others wait for it. */
  #prove(request: SessionRequest, budget: Budget): Promise<JsonAnswer> {
    const attempt = this.#sendOnceMore(request, budget)
    // Who waits goes the same way where the server was not reached; after any other failure the next one tries.
    this.#proving = attempt
      .then(
        () => undefined,
        (error: unknown) => {
          if (isSharedFailure(error)) throw error
        },
      )
      .finally(() => (this.#proving = undefined))
    this.#proving.catch(() => undefined)
    return attempt
  }

  async #proveByListing(budget: Budget): Promise<void> {
    try {
      await this.#prove({ path: '/v1/models' }, budget)
    } catch (error) {
      // What the list holds is not asked for: a gateway may not have it, a key not be allowed it.
      if (!this.#isProven) throw error
    }
  }

  async #sendOnceMore(request: SessionRequest, budget: Budget): Promise<JsonAnswer> {
    const { generation } = this
    try {
      return await this.#sendProving(request, budget)
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error
      if (!(await budget.wait(this.recover(error, generation)))) throw error
      return this.#sendProving(request, budget)
    }
  }

  #sendProving(request: SessionRequest, budget: Budget): Promise<JsonAnswer> {
    return this.#send(request, budget, this.#headers, (status) => {
      // Who lacks a right or asks for what is not there was recognized before.
      if (status < 300 || (status >= 400 && status < 500 && status !== 401 && status !== 429)) this.#isProven = true
    })
  }

  #send(
    request: SessionRequest,
    budget: Budget,
    headers: Headers,
    onStatus?: (status: number) => void,
  ): Promise<JsonAnswer> {
    const { transport, endpoint, secrets } = this
    const connection = { transport, endpoint, runtime: this.#runtime, secrets }
    const { method = 'GET', maxRetries = this.#maxRetries } = request
    const retries = method === 'GET' ? maxRetries : 0
    return retryQuestion(
      () => requestJson(connection, request, budget, headers, onStatus),
      retries,
      budget,
      this.#runtime,
    )
  }

  #authorize(token: string | undefined): void {
    if (token !== undefined) this.#headers = { ...this.#openHeaders, authorization: `Bearer ${token}` }
    this.#jsonHeaders = { ...this.#headers, 'content-type': 'application/json' }
  }
}
