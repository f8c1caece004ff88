import { createServer, request as sendRequest, type Server } from 'node:http'
import { type AddressInfo, connect as connectTo, type Socket } from 'node:net'

import { onTestFinished } from 'vitest'

/** An HTTP proxy on a free port of this machine: it forwards plain HTTP and opens tunnels for the rest. */
export class ProxyServer {
  /** What went through it: `POST http://127.0.0.1:9/v1/models` or `CONNECT 127.0.0.1:9`. */
  readonly requests: string[] = []
  /** The values of `proxy-authorization` that came. */
  readonly authorizations: (string | undefined)[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  /** `refusal`: the status with which it answers instead of doing its work. */
  private constructor(refusal: number | undefined) {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? '')
      this.requests.push(`${request.method} ${url.href}`)
      this.authorizations.push(request.headers['proxy-authorization'])
      if (refusal !== undefined) {
        response.writeHead(refusal).end('refused by the proxy')
        return
      }
      const { 'proxy-authorization': _, ...headers } = request.headers
      const onward = sendRequest(url, { method: request.method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
      onward.on('error', () => response.destroy())
      response.on('close', () => onward.destroy())
      request.pipe(onward)
    })
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    this.#server.on('connect', (request, socket: Socket) => {
      this.requests.push(`CONNECT ${request.url}`)
      this.authorizations.push(request.headers['proxy-authorization'])
      socket.on('error', () => undefined)
      if (refusal !== undefined) {
        socket.end(`HTTP/1.1 ${refusal} Refused\r\n\r\n`)
        return
      }
      const { hostname, port } = new URL(`http://${request.url}`)
      const onward = connectTo(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
        onward.pipe(socket).pipe(onward)
      })
      onward.on('error', () => socket.destroy())
      socket.on('close', () => onward.destroy())
    })
  }

  /** A proxy until the test ends. */
  static async start(refusal?: number): Promise<ProxyServer> {
    const proxy = new ProxyServer(refusal)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    onTestFinished(async () => {
      for (const socket of proxy.#sockets) socket.destroy()
      await new Promise((resolve) => proxy.#server.close(resolve))
    })
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }
}
