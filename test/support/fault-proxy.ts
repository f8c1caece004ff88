import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

import { onTestFinished } from 'vitest'

/** What becomes of the bytes that a server sends, counted over all connections from when it was ordered. */
export type NetworkFault =
  /** So many bytes pass; then the connection ends as if the server had closed it, or is reset. Later ones are whole. */
  | { readonly kind: 'cut'; readonly after: number; readonly how: 'end' | 'reset' }
  /** So many bytes pass; nothing more does, and the connection stays. */
  | { readonly kind: 'hold'; readonly after: number }
  /** One byte arrives as another. */
  | { readonly kind: 'corrupt'; readonly at: number; readonly mask: number }
  /** The bytes come in pieces of this length, each in a turn of the event loop of its own. */
  | { readonly kind: 'throttle'; readonly pieces: number }

/** A wire between a client and a server that does what it is told to the server's bytes. It knows nothing of HTTP. */
export class FaultProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #upstream = { host: '', port: 0 }
  #fault: NetworkFault | undefined
  #passed = 0
  #onHeld = (): void => undefined
  /** Connections so far. */
  connections = 0
  /** Whether a connection, by its number from 0, is reset when it is opened. */
  refuses: (connection: number) => boolean = () => false

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#join(client))
  }

  /** A proxy until the test ends. */
  static async start(): Promise<FaultProxy> {
    const proxy = new FaultProxy()
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    onTestFinished(async () => {
      for (const socket of proxy.#sockets) socket.destroy()
      await new Promise((resolve) => proxy.#server.close(resolve))
    })
    return proxy
  }

  /** @returns where the server at `url` is reached through this proxy. */
  to(url: string): string {
    const { hostname, port } = new URL(url)
    this.#upstream = { host: hostname, port: Number(port) }
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Orders a fault for what the server sends from now on, or none. Bytes are counted anew. */
  order(fault: NetworkFault | undefined): void {
    this.#fault = fault
    this.#passed = 0
  }

  /** Orders that after so many bytes nothing passes. Resolves when there was something. */
  hold(after: number): Promise<void> {
    this.order({ kind: 'hold', after })
    return new Promise((resolve) => (this.#onHeld = resolve))
  }

  /** Resets every connection that is open. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  /** Bytes of the server that have passed since the last order. */
  get passed(): number {
    return this.#passed
  }

  #join(client: Socket): void {
    if (this.refuses(this.connections++)) {
      client.resetAndDestroy()
      return
    }
    const server = connect(this.#upstream)
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => undefined)
    }
    client.pipe(server)
    client.on('close', () => server.destroy())
    server.on('close', () => client.destroySoon())
    server.on('end', () => client.end())
    let turn = Promise.resolve()
    server.on('data', (bytes: Buffer) => {
      turn = turn.then(() => this.#pass(bytes, client))
    })
  }

  async #pass(bytes: Buffer, client: Socket): Promise<void> {
    const fault = this.#fault
    const before = this.#passed
    this.#passed += bytes.length
    switch (fault?.kind) {
      case 'cut':
        if (this.#passed < fault.after) break
        this.#fault = undefined
        client.write(bytes.subarray(0, Math.max(0, fault.after - before)), () => {
          if (fault.how === 'end') client.destroySoon()
          else client.resetAndDestroy()
        })
        return
      case 'hold':
        client.write(bytes.subarray(0, Math.max(0, fault.after - before)))
        if (this.#passed > fault.after) this.#onHeld()
        return
      case 'corrupt': {
        const at = fault.at - before
        if (at >= 0 && at < bytes.length) bytes.writeUInt8(bytes.readUInt8(at) ^ fault.mask, at)
        break
      }
      case 'throttle':
        for (let at = 0; at < bytes.length; at += fault.pieces) {
          client.write(bytes.subarray(at, at + fault.pieces))
          await new Promise(setImmediate)
        }
        return
      default:
    }
    client.write(bytes)
  }
}
