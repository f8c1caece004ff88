import { readFileSync } from 'node:fs'
import { Agent, EnvHttpProxyAgent, type Dispatcher } from 'undici'

import { FileError } from '../errors/file-error.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { ConnectionAttempts } from './connection-attempts.js'
import type { ResponseHandler, Transport, TransportExchange, TransportRequest } from './transport.js'

export interface UndiciTransportOptions {
  /** Until a connection stands, in milliseconds. */
  readonly connectMs: number
  /** A PEM file with the certificates to trust, instead of the system's. */
  readonly caFile?: string | undefined
  /** Where `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` (also in lower case) are looked up. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Sends the requests instead of an agent of our own, which is then not closed by us. */
  readonly dispatcher?: Dispatcher | undefined
}

/**
 * Below the 5 s after which Xinference's server closes an idle connection (uvicorn's `timeout_keep_alive`, Xinference
 * 3.2), so that a pooled socket is not reused in the moment in which the server closes it.
 */
const keepAliveMs = 4000

/** Deadlines are ours: undici's own end every answer that is silent for 300 s. */
const noDeadlines = { headersTimeout: 0, bodyTimeout: 0 }

/** HTTP over undici's `dispatch`: no promise, no stream and no timer a request. */
export class UndiciTransport implements Transport {
  readonly #dispatcher: Dispatcher
  readonly #isOwner: boolean
  readonly #attempts: ConnectionAttempts

  /**
   * @throws FileError `FILE_UNREADABLE` when `caFile` cannot be read.
   * @throws InvalidOptionError `INVALID_OPTION` when the address of a proxy is none.
   */
  constructor(options: UndiciTransportOptions) {
    this.#isOwner = options.dispatcher === undefined
    const ca = options.caFile === undefined ? undefined : readCertificates(options.caFile)
    const timeout = Number.isFinite(options.connectMs) ? options.connectMs : 0
    this.#attempts = new ConnectionAttempts({ timeout, ...(ca === undefined ? {} : { ca }) })
    this.#dispatcher = options.dispatcher ?? createAgent(this.#attempts, ca, options.env)
  }

  send(request: TransportRequest, handler: ResponseHandler): TransportExchange {
    const exchange = new DispatchExchange(handler, this.#attempts)
    // undici's Dispatcher reports a malformed request by throwing or through the handler, depending on when it notices.
    try {
      this.#dispatcher.dispatch(
        {
          origin: request.origin,
          path: request.path,
          method: request.method,
          headers: request.headers as Record<string, string>,
          body: request.body ?? null,
          ...noDeadlines,
        },
        exchange,
      )
    } catch (error) {
      queueMicrotask(() => exchange.onResponseError(undefined, error as Error))
    }
    return exchange
  }

  async close(): Promise<void> {
    if (this.#isOwner) await this.#dispatcher.destroy()
  }
}

/** undici's handler of one request, and our handle on it. */
class DispatchExchange implements TransportExchange, Dispatcher.DispatchHandler {
  #handler: ResponseHandler | undefined
  #controller: Dispatcher.DispatchController | undefined
  #isPaused = false
  readonly #attempts: ConnectionAttempts
  #isConnecting = true

  constructor(handler: ResponseHandler, attempts: ConnectionAttempts) {
    this.#handler = handler
    this.#attempts = attempts
    attempts.begin()
  }

  abort(): void {
    // A request that still waits for its connection has no controller; it is aborted when it gets one.
    this.#handler = undefined
    this.#endConnecting()
    this.#controller?.abort(new Error('aborted by the caller'))
  }

  pause(): void {
    this.#isPaused = true
    this.#controller?.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.#controller?.resume()
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#endConnecting()
    if (this.#handler === undefined) controller.abort(new Error('aborted by the caller'))
    else this.#handler.sent()
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // Informational answers (103 Early Hints) precede the real one.
    if (status < 200) return
    this.#handler?.head(status, headers)
    if (this.#isPaused) controller.pause()
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#handler?.data(chunk)
  }

  onResponseEnd(): void {
    const handler = this.#handler
    this.#letGo()
    handler?.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    const handler = this.#handler
    this.#letGo()
    this.#endConnecting()
    handler?.fail(error)
  }

  /** What is over may have grown old, and what old objects hold is not collected before they are. */
  #letGo(): void {
    this.#handler = undefined
    this.#controller = undefined
  }

  #endConnecting(): void {
    if (this.#isConnecting) this.#attempts.end()
    this.#isConnecting = false
  }
}

function createAgent(
  attempts: ConnectionAttempts,
  ca: string | undefined,
  env: UndiciTransportOptions['env'],
): Dispatcher {
  const common = {
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    ...noDeadlines,
    connect: attempts.connector,
  }
  const httpProxy = readProxy(env, 'http_proxy')
  const httpsProxy = readProxy(env, 'https_proxy')
  if (!httpProxy && !httpsProxy) return new Agent(common)
  return new EnvHttpProxyAgent({
    ...common,
    ...(httpProxy ? { httpProxy } : {}),
    ...(httpsProxy ? { httpsProxy } : {}),
    noProxy: env['no_proxy'] ?? env['NO_PROXY'] ?? '',
    // As every other program: plain HTTP is forwarded. Many proxies refuse to open a tunnel to a port that is not 443.
    proxyTunnel: false,
    ...(ca === undefined ? {} : { requestTls: { ca } }),
  })
}

/** The address of a proxy, of which the scheme may be left out. It may hold a password, so no error shows it. */
function readProxy(env: UndiciTransportOptions['env'], variable: string): string | undefined {
  const value = env[variable] ?? env[variable.toUpperCase()]
  if (!value) return undefined
  const url = value.includes('://') ? value : `http://${value}`
  if (URL.canParse(url) && /^(https?|socks5?):/i.test(url)) return url
  throw new InvalidOptionError(
    `The environment variable ${variable.toUpperCase()} is no address of a proxy; it must be like http://127.0.0.1:3128.`,
    { option: variable.toUpperCase() },
  )
}

function readCertificates(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new FileError(`The CA file ${path} cannot be read; check caFile.`, { cause })
  }
}
