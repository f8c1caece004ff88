import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

import { getRequestListener } from '@hono/node-server'

import type { Runtime } from '../contract/runtime.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { PortInUseError } from '../errors/port-in-use-error.js'
import { type AppBindings, createApp } from './app.js'
import { Connections } from './connections.js'
import {
  type CreateServerOptions,
  type ResolvedServeOptions,
  resolveServeOptions,
  type ServeOptions,
} from './serve-options.js'
import { createOpenAISurface } from './openai/surface.js'
import type { ServedModel } from './served-model.js'
import type { ServerState, Surface } from './surface.js'
import { createTgiSurface } from './tgi/surface.js'
import { createXinferenceSurface } from './xinference/surface.js'

/** A server that runs. */
export interface LLMServer extends AsyncDisposable {
  /** `http://127.0.0.1:9997` */
  readonly url: string
  readonly port: number
  /**
   * Stops accepting, closes idle connections at once, lets answers in progress finish for up to `drainMs`, then aborts
   * them. The models stay loaded: they belong to the caller. Can be called twice.
   */
  close(): Promise<void>
}

/**
 * Serves a model over HTTP, answering as Xinference 4 does, as TGI 3.3, or with OpenAI's routes alone (`as`).
 *
 * @throws InvalidOptionError `INVALID_OPTION`, also for a host without a key that is not a loopback address
 * @throws PortInUseError `PORT_IN_USE`
 * @throws HeadraceError what `load()` of the model throws
 */
export function serve(llm: ServedModel, options: ServeOptions = {}): Promise<LLMServer> {
  return createServer({ ...options, llm })
}

/** As {@link serve}, for several models too: `models` by uid. */
export function createServer(options: CreateServerOptions): Promise<LLMServer> {
  return startServer(options, { now: () => performance.now() })
}

/** @internal The clock is injected for tests. */
export async function startServer(options: CreateServerOptions, clock: Pick<Runtime, 'now'>): Promise<LLMServer> {
  const resolved = resolveServeOptions(options)
  const models = await loadModels(resolved)
  const { apiKey, host, limits, pingIntervalMs, drainMs } = resolved

  const server = createHttpServer(httpOptions(limits))
  const connections = new Connections(server)
  const port = await listen(server, host, resolved.port)
  const address = `${host}:${port}`
  const { maxBodyBytes, maxModelRequests, maxConcurrency } = limits
  const state = { models, address, apiKey, maxBodyBytes, maxModelRequests, maxConcurrency, pingIntervalMs, clock }
  const surface = createSurface(resolved, state)
  const app = createApp(surface)
  const signals = new WeakMap<ServerResponse, AbortSignal>()
  const answer = getRequestListener(
    (request, env) => {
      const { incoming, outgoing } = env as Omit<AppBindings, 'signal'>
      const signal = signals.get(outgoing) ?? AbortSignal.abort()
      return app.fetch(request, { incoming, outgoing, signal } satisfies AppBindings)
    },
    { overrideGlobalObjects: false, hostname: 'localhost' },
  )
  server.on('request', (incoming, outgoing) => {
    if (resolved.onRequest !== undefined) report(incoming, outgoing, resolved.onRequest, clock)
    const isFull = surface.limitsConcurrency !== true && connections.live >= maxConcurrency
    signals.set(outgoing, connections.begin(incoming, outgoing))
    if (isFull) refuse(outgoing)
    else void answer(incoming, outgoing)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    answerBrokenRequest(error, socket, connections.isBusy(socket))
  })

  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= connections.close(drainMs))
  return { url: toUrl(host, port), port, close, [Symbol.asyncDispose]: close }
}

function createSurface({ as, completions = true }: ResolvedServeOptions, state: ServerState): Surface {
  switch (as) {
    case 'xinference':
      return createXinferenceSurface(state)
    case 'tgi':
      return createTgiSurface(state)
    case 'openai':
      return createOpenAISurface(state, completions)
  }
}

async function loadModels({ llm, models, modelUid }: ResolvedServeOptions): Promise<Map<string, ServedModel>> {
  const loaded = new Map<string, ServedModel>()
  if (llm !== undefined) {
    await llm.load()
    loaded.set(modelUid ?? llm.metadata.modelName, llm)
  }
  for (const [uid, model] of Object.entries(models ?? {})) {
    await model.load()
    loaded.set(uid, model)
  }
  return loaded
}

function httpOptions(limits: ResolvedServeOptions['limits']): Parameters<typeof createHttpServer>[0] {
  const { maxHeaderBytes, headerTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs } = limits
  return {
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: Math.min(headerTimeoutMs, requestTimeoutMs),
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    // Node looks for late requests this often.
    connectionsCheckingInterval: Math.min(30_000, Math.ceil(Math.min(headerTimeoutMs, requestTimeoutMs) / 4)),
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    // It stays: a connection that cannot be accepted later on (EMFILE) is not the end of the server.
    server.on('error', (error: NodeJS.ErrnoException) => reject(toListenError(error, host, port)))
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}

function toListenError(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  const context = { host, port }
  if (cause.code === 'EADDRINUSE') {
    const message = `Port ${port} of ${host} is used by another program; choose another --port, or --port 0 for a free one.`
    return new PortInUseError(message, { cause, context })
  }
  const option = cause.code === 'EACCES' ? 'port' : 'host'
  return new InvalidOptionError(`serve cannot listen on ${host}, port ${port}: ${cause.message}.`, {
    cause,
    context,
    option,
  })
}

function report(
  { method = '', url = '' }: IncomingMessage,
  outgoing: ServerResponse,
  onRequest: NonNullable<ServeOptions['onRequest']>,
  clock: Pick<Runtime, 'now'>,
): void {
  const startedAt = clock.now()
  const [path = ''] = url.split('?')
  outgoing.once('close', () => {
    const status = outgoing.headersSent ? outgoing.statusCode : 499
    onRequest({ method, path, status, ms: clock.now() - startedAt, isComplete: outgoing.writableFinished })
  })
}

/** As uvicorn beyond its `limit_concurrency`. */
function refuse(outgoing: ServerResponse): void {
  outgoing.writeHead(503, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
  outgoing.end('Service Unavailable')
}

/** What is no HTTP is answered as uvicorn does; who is late is cut off, as Xinference does. */
function answerBrokenRequest({ code }: NodeJS.ErrnoException, socket: Socket, isBusy: boolean): void {
  if (!socket.writable || isBusy || code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    socket.destroy()
    return
  }
  const [status, text] =
    code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'Request headers are too large.']
      : ['400 Bad Request', 'Invalid HTTP request received.']
  const head = `HTTP/1.1 ${status}\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n`
  socket.end(`${head}content-length: ${text.length}\r\n\r\n${text}`)
}

function toUrl(host: string, port: number): string {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}
