import { AuthenticationError } from '../errors/authentication-error.js'
import { keyVariable } from './credentials.js'
import type { Endpoint } from './endpoint.js'
import type { SendOpen } from './request-json.js'

/** For the question whether a server is set up, which only improves a message. */
const setupTimeoutMs = 5000

/** A server of version 3 refuses everything until somebody has made its first user. */
export class SetupCheck {
  readonly #endpoint: Endpoint
  readonly #send: SendOpen
  #isSetUp = false

  constructor(endpoint: Endpoint, send: SendOpen) {
    this.#endpoint = endpoint
    this.#send = send
  }

  /** The same refusal, or where the server has no user yet the advice to make one. */
  async explain(refusal: AuthenticationError): Promise<AuthenticationError> {
    if (this.#isSetUp) return refusal
    try {
      const { json } = await this.#send({ path: '/v1/admin/setup/status', timeoutMs: setupTimeoutMs, maxRetries: 0 })
      this.#isSetUp = (json as { needs_setup?: unknown } | undefined)?.needs_setup !== true
    } catch {
      // Servers before 3 have no such route.
      this.#isSetUp = true
    }
    if (this.#isSetUp) return refusal
    return new AuthenticationError(
      `${this.#endpoint.url} has no user yet: make the first one with XinferenceClient.setUp(), headrace models setup or on its web page, then set apiKey (${keyVariable}) or username and password.`,
      { status: refusal.status, cause: refusal },
    )
  }
}
