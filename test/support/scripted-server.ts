import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

/** One thing that a server does on a connection. */
export type Step =
  /** Writes exactly these bytes. */
  | { readonly write: string | Uint8Array }
  /** Waits for an event of the test. */
  | { readonly until: PromiseLike<unknown> }
  /** Writes the same bytes so many times, as fast as the client takes them. */
  | { readonly flood: string; readonly times: number }
  /** Closes the connection (FIN), resets it (RST), or leaves it open and says nothing more. */
  | { readonly end: 'close' | 'reset' | 'hang' }

/** What a server does with one request. The connection stays open for the next one unless the script ends it. */
export type Script = readonly Step[]

/** The script of every request of a route, or what chooses it; `count` is how many came before on this route. */
export type Answer = Script | ((request: RecordedRequest, count: number) => Script)

export interface RecordedRequest {
  readonly method: string
  /** Path and query, as sent. */
  readonly path: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The number of its connection, from 0. */
  readonly connection: number
}

export interface ScriptedServerOptions {
  /** By `GET /v1/models`; `*` answers what no other route does. Without it that is an empty 404. */
  readonly routes?: Readonly<Record<string, Answer>>
  /** What is done on a new connection before any request, for servers that do not speak HTTP. */
  readonly greeting?: Script
  /** Speaks TLS. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined
}

/** How long a test waits for what should happen at once: less than the 4 s after which idle sockets are closed anyway. */
const patienceMs = 15_000

/** The scripts of a route's requests in their order; the last one is that of all further requests. */
export function inTurn(...scripts: readonly [Script, ...Script[]]): Answer {
  return (_request, count) => scripts[Math.min(count, scripts.length - 1)] as Script
}

/**
 * A real server on a free port of this machine, described by data: exact bytes out, requests recorded, sockets counted.
 * It does nothing that its script does not say.
 */
export class ScriptedServer {
  readonly requests: RecordedRequest[] = []
  /** Connections made so far. */
  connectionCount = 0
  readonly #options: ScriptedServerOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #counts = new Map<string, number>()
  readonly #waiters = new Set<{ readonly isMet: () => boolean; readonly resolve: () => void }>()

  private constructor(options: ScriptedServerOptions) {
    this.#options = options
    const onSocket = (socket: Socket): void => this.#serve(socket)
    this.#server = options.tls === undefined ? createServer(onSocket) : createTlsServer(options.tls, onSocket)
    if (options.tls !== undefined) {
      // Sockets are counted from the TCP connection on; one whose handshake fails is no connection of the protocol.
      this.#server.on('connection', (socket: Socket) => this.#count(socket))
      this.#server.on('tlsClientError', () => undefined)
    }
  }

  static async start(options: ScriptedServerOptions = {}): Promise<ScriptedServer> {
    const server = new ScriptedServer(options)
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `${this.#options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${this.port}`
  }

  get openSockets(): number {
    return this.#sockets.size
  }

  /** Bytes that the operating system has taken for the clients of open sockets; grows no more when nobody reads. */
  get bytesTaken(): number {
    return [...this.#sockets].reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0)
  }

  /** The requests of one route: `POST /v1/chat/completions`. */
  requestsTo(route: string): readonly RecordedRequest[] {
    return this.requests.filter((request) => `${request.method} ${request.path}` === route)
  }

  /** The JSON bodies of one route's requests. */
  bodiesTo(route: string): readonly Record<string, unknown>[] {
    return this.requestsTo(route).map((request) => JSON.parse(request.body) as Record<string, unknown>)
  }

  /** Resolves when so many requests of the route have arrived. */
  async received(route: string, count = 1): Promise<void> {
    await this.#until(() => this.requestsTo(route).length >= count, `${count} requests to ${route}`)
  }

  /** Resolves when so many sockets are open. */
  async socketsOpen(count: number, withinMs: number = patienceMs): Promise<void> {
    await this.#until(() => this.#sockets.size === count, `${count} open sockets`, withinMs)
  }

  /** Resolves when the clients have closed all sockets. */
  async allSocketsClosed(withinMs: number = patienceMs): Promise<void> {
    await this.socketsOpen(0, withinMs)
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  async #until(isMet: () => boolean, what: string, withinMs: number = patienceMs): Promise<void> {
    if (isMet()) return
    await new Promise<void>((resolve, reject) => {
      const waiter = {
        isMet,
        resolve: () => {
          clearTimeout(timer)
          resolve()
        },
      }
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter)
        reject(new Error(`The server waited in vain for ${what}; ${this.#sockets.size} sockets are open.`))
      }, withinMs)
      this.#waiters.add(waiter)
    })
  }

  #changed(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.isMet()) continue
      this.#waiters.delete(waiter)
      waiter.resolve()
    }
  }

  #count(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.#changed()
    })
    this.#changed()
  }

  #serve(socket: Socket): void {
    const connection = this.connectionCount++
    if (this.#options.tls === undefined) this.#count(socket)
    else socket.on('error', () => undefined)
    let work = Promise.resolve()
    const perform = (script: Script): void => {
      work = work.then(async () => {
        for (const step of script) await this.#perform(step, socket)
      })
    }
    if (this.#options.greeting !== undefined) perform(this.#options.greeting)
    let buffer: Buffer = Buffer.alloc(0)
    socket.on('data', (bytes: Buffer) => {
      buffer = Buffer.concat([buffer, bytes])
      for (let parsed = parseRequest(buffer); parsed !== undefined; parsed = parseRequest(buffer)) {
        buffer = buffer.subarray(parsed.length)
        perform(this.#record({ ...parsed.request, connection }))
      }
    })
  }

  #record(request: RecordedRequest): Script {
    const { routes = {} } = this.#options
    const route = `${request.method} ${request.path}`
    const answer = routes[route] ?? routes['*'] ?? notFound
    const count = this.#counts.get(route) ?? 0
    this.#counts.set(route, count + 1)
    this.requests.push(request)
    this.#changed()
    return typeof answer === 'function' ? answer(request, count) : answer
  }

  async #perform(step: Step, socket: Socket): Promise<void> {
    if ('until' in step) await step.until
    else if ('write' in step) socket.write(step.write)
    else if ('flood' in step) {
      let goOn = (): void => undefined
      const onEvent = (): void => goOn()
      socket.on('drain', onEvent).on('close', onEvent)
      for (let time = 0; time < step.times && !socket.destroyed; time++) {
        if (!socket.write(step.flood)) await new Promise<void>((resolve) => (goOn = resolve))
      }
      socket.off('drain', onEvent).off('close', onEvent)
    } else if (step.end === 'close') socket.end()
    else if (step.end === 'reset') socket.resetAndDestroy()
    else await new Promise(() => undefined)
  }
}

const notFound: Script = [{ write: 'HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n' }]

/** The first request in the bytes, when it is there as a whole. Bodies have a `content-length`. */
function parseRequest(
  bytes: Buffer,
): { readonly request: Omit<RecordedRequest, 'connection'>; readonly length: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd === -1) return undefined
  const [requestLine = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n')
  const [method = '', path = ''] = requestLine.split(' ')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const bodyStart = headEnd + 4
  const length = bodyStart + Number(headers['content-length'] ?? 0)
  if (bytes.length < length) return undefined
  return { request: { method, path, headers, body: bytes.subarray(bodyStart, length).toString('utf8') }, length }
}
