import type { Socket } from 'node:net'
import { buildConnector } from 'undici'

/**
 * Opens connections for undici, only while requests wait for one: an attempt is given up when the last of them is gone.
 *
 * undici by itself lets an attempt that nobody wants run into its timeout, and opens a new connection in place of each
 * one that an abort closed (7.30: the aborted request stays in its queue until then).
 */
export class ConnectionAttempts {
  #waiting = 0
  readonly #sockets = new Set<Socket>()
  readonly #connect: buildConnector.connector

  constructor(options: buildConnector.BuildOptions) {
    this.#connect = buildConnector(options)
  }

  /** A request begins to wait for a connection. */
  begin(): void {
    this.#waiting++
  }

  /** It has one, or wants none any more. */
  end(): void {
    if (--this.#waiting > 0) return
    for (const socket of this.#sockets) socket.destroy(notWanted())
  }

  /** For undici's option `connect`. */
  readonly connector: buildConnector.connector = (options, callback) => {
    if (this.#waiting === 0) {
      queueMicrotask(() => callback(notWanted(), null))
      return
    }
    let socket: Socket | undefined
    const done: buildConnector.Callback = (...result) => {
      if (socket !== undefined) this.#sockets.delete(socket)
      callback(...result)
    }
    // It returns the socket, which its type does not say.
    socket = this.#connect(options, done) as unknown as Socket
    this.#sockets.add(socket)
  }
}

function notWanted(): Error {
  return new Error('No request waits for this connection any more.')
}
