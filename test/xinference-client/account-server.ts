import type { Runtime } from '../../src/contract/runtime.js'
import { XinferenceClient, type XinferenceClientOptions } from '../../src/index.js'
import { onTestFinished } from 'vitest'

import { detail, json } from '../support/http-bytes.js'
import type { RecordedRequest, Script, ScriptedServer } from '../support/scripted-server.js'
import { chatStream, listedModel, modelList, realRuntime, startServer } from '../support/xinference-server.js'

export const right = { username: 'alice', password: 'correct horse' }
export const rightKey = 'xf-RIGHT0123456789'
export const loginRoute = 'POST /token'
export const refreshRoute = 'POST /v1/auth/refresh'
export const setupRoute = 'GET /v1/admin/setup/status'

export interface AccountServerOptions {
  /** Of a token. @defaultValue 1800000 */
  readonly lifetimeMs?: number
  /** Servers of version 2 give no refresh token. @defaultValue 3 */
  readonly version?: 2 | 3
  readonly needsSetup?: boolean
  /** What is done before any rule is applied. */
  readonly first?: (request: RecordedRequest) => Script | undefined
}

/** An Xinference server with accounts, as version 3.2 behaves: refresh tokens rotate and die with their first use. */
export class AccountServer {
  readonly server: ScriptedServer
  /** Requests that carried a credential which was not valid: ten of them would be a ban. */
  wrongCredentials = 0
  readonly #valid: Set<string>
  readonly #refreshTokens: Set<string>

  private constructor(server: ScriptedServer, valid: Set<string>, refreshTokens: Set<string>) {
    this.server = server
    this.#valid = valid
    this.#refreshTokens = refreshTokens
  }

  static async start(options: AccountServerOptions = {}): Promise<AccountServer> {
    const { lifetimeMs = 1_800_000, version = 3, needsSetup = false, first } = options
    const valid = new Set([rightKey])
    const refreshTokens = new Set<string>()
    let count = 0
    const tokens = (): Script => {
      const claims = { sub: 'alice', iat: 1_790_000_000, exp: 1_790_000_000 + lifetimeMs / 1000 }
      const token = `${encode({ alg: 'HS256' })}.${encode(claims)}.MARKED-access-${++count}`
      const refreshToken = `MARKED-refresh-${count}`
      valid.add(token)
      if (version === 2) return json(200, { access_token: token, token_type: 'bearer' })
      refreshTokens.add(refreshToken)
      return json(200, { access_token: token, refresh_token: refreshToken, token_type: 'bearer' })
    }
    const answer = (request: RecordedRequest): Script => {
      const own = first?.(request)
      if (own !== undefined) return own
      const body = request.body === '' ? {} : (JSON.parse(request.body) as Record<string, string>)
      switch (`${request.method} ${request.path}`) {
        case loginRoute:
          if (body['username'] === right.username && body['password'] === right.password && !needsSetup) return tokens()
          accounts.wrongCredentials++
          return detail(401, 'Incorrect username or password')
        case refreshRoute:
          if (version === 2) return detail(404, 'Not Found')
          return refreshTokens.delete(String(body['refresh_token']))
            ? tokens()
            : detail(401, 'Invalid or expired refresh token')
        case setupRoute:
          if (version === 2) return detail(404, 'Not Found')
          return json(200, { needs_setup: needsSetup, initialized: !needsSetup, password_min_length: 8 })
        case 'GET /v1/cluster/auth':
          return json(200, { auth: true })
        default:
      }
      const credential = request.headers['authorization']
      if (credential === undefined || !valid.has(credential.replace('Bearer ', ''))) {
        if (credential !== undefined) accounts.wrongCredentials++
        return detail(401, 'Could not validate credentials', { 'www-authenticate': 'Bearer scope="models:list"' })
      }
      if (request.path === '/v1/models') return modelList(listedModel)
      if (request.path === '/v1/chat/completions') return chatStream('Hel', 'lo')
      return request.method === 'GET' ? json(200, listedModel) : json(200, { model_uid: 'my-qwen' })
    }
    const accounts = new AccountServer(await startServer({ routes: { '*': answer } }), valid, refreshTokens)
    return accounts
  }

  /** No access token is valid any more, as after a restart of the server. */
  forgetTokens(): void {
    this.#valid.clear()
  }

  forgetRefreshTokens(): void {
    this.#refreshTokens.clear()
  }

  /** A client of this server, until the test ends. */
  client(options: XinferenceClientOptions = {}, runtime: Runtime = realRuntime()): XinferenceClient {
    return clientOf(this.server, options, runtime)
  }

  count(route: string): number {
    return this.server.requestsTo(route).length
  }
}

/** A client of a server, until the test ends. */
export function clientOf(
  server: Pick<ScriptedServer, 'url'>,
  options: XinferenceClientOptions = {},
  runtime: Runtime = realRuntime(),
): XinferenceClient {
  const client = new XinferenceClient({ endpoint: server.url, ...options }, { runtime })
  onTestFinished(() => client.close())
  return client
}

/** The real timers of an environment, with a clock that a test moves. */
export class MovedRuntime implements Runtime {
  readonly #real = realRuntime()
  readonly env: Runtime['env']
  readonly lines: string[] = []
  #moved = 0

  constructor(env: Runtime['env'] = {}) {
    this.env = env
  }

  readonly now = (): number => this.#real.now() + this.#moved
  readonly random = (): number => 0.5
  readonly setTimer: Runtime['setTimer'] = (callback, delayMs) => this.#real.setTimer(callback, delayMs)
  readonly log = (line: string): void => void this.lines.push(line)

  advance(durationMs: number): void {
    this.#moved += durationMs
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
