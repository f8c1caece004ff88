import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

interface LiveRequest {
  readonly outgoing: ServerResponse
  readonly abort: AbortController
}

/** The sockets of a server and the requests under way on them: who is aborted when, and how the server stops. */
export class Connections {
  readonly #server: Server
  readonly #sockets = new Map<Socket, Set<LiveRequest>>()
  #isClosing = false

  constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket: Socket) => {
      this.#sockets.set(socket, new Set())
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  /** Requests under way. */
  get live(): number {
    let live = 0
    for (const requests of this.#sockets.values()) live += requests.size
    return live
  }

  /** Whether a request is under way on this socket. */
  isBusy(socket: Socket): boolean {
    return (this.#sockets.get(socket)?.size ?? 0) > 0
  }

  /** A request came. The signal is aborted if its client goes, or the server stops, before the answer is out. */
  begin({ socket }: IncomingMessage, outgoing: ServerResponse): AbortSignal {
    const request: LiveRequest = { outgoing, abort: new AbortController() }
    const requests = this.#sockets.get(socket)
    requests?.add(request)
    outgoing.shouldKeepAlive &&= !this.#isClosing
    outgoing.once('close', () => {
      requests?.delete(request)
      if (!outgoing.writableFinished) request.abort.abort()
      if (this.#isClosing && requests?.size === 0) socket.destroySoon()
    })
    return request.abort.signal
  }

  /**
   * Stops accepting, closes idle sockets, and lets the answers in progress finish for up to `drainMs`. Resolves when
   * the last socket is closed.
   */
  async close(drainMs: number): Promise<void> {
    this.#isClosing = true
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
    for (const [socket, requests] of this.#sockets) {
      if (requests.size === 0) socket.destroy()
      for (const { outgoing } of requests) outgoing.shouldKeepAlive = false
    }
    const timer = drainMs === Infinity ? undefined : setTimeout(() => this.#cut(), drainMs)
    await closed
    clearTimeout(timer)
  }

  #cut(): void {
    for (const socket of this.#sockets.keys()) socket.destroy()
  }
}
