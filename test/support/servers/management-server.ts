/**
 * Hugging Face's management API of Inference Endpoints and the Hub's `whoami`, after facts of huggingface_hub 1.29: a
 * state machine that each look moves on. Imports nothing of the sources.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type State =
  | 'pending'
  | 'initializing'
  | 'updating'
  | 'updateFailed'
  | 'running'
  | 'paused'
  | 'failed'
  | 'scaledToZero'
  | 'rebalancing'

export interface ServedEndpoint {
  readonly name: string
  /** The states that the looks find, in turn; the last one stays. */
  states: State[]
  /** Where the model answers, once it runs. */
  readonly url?: string | undefined
  /** The states after it was resumed. */
  readonly onResume?: readonly State[] | undefined
  readonly image?: Readonly<Record<string, unknown>> | undefined
  readonly repository?: string | undefined
  readonly message?: string | undefined
}

export interface ManagementServerOptions {
  readonly endpoints?: readonly ServedEndpoint[]
  readonly key?: string
  /** What `whoami` says. */
  readonly identity?: Readonly<Record<string, unknown>>
  readonly namespace?: string
}

/** A real server on a free port: `managementUrl` and `hubUrl` for clients. */
export class ManagementServer {
  readonly requests: { readonly method: string; readonly path: string; readonly authorization: string | undefined }[] =
    []
  readonly #options: Required<ManagementServerOptions>
  readonly #server: Server

  private constructor(options: ManagementServerOptions) {
    this.#options = {
      endpoints: [],
      key: 'hf_right',
      identity: { type: 'user', name: 'ana' },
      namespace: 'ana',
      ...options,
    }
    this.#server = createServer((request, response) => this.#answer(request, response))
  }

  static async start(options: ManagementServerOptions = {}): Promise<ManagementServer> {
    const server = new ManagementServer(options)
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  get hubUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get managementUrl(): string {
    return `${this.hubUrl}/v2`
  }

  /** Methods and paths, in their order. */
  get asked(): readonly string[] {
    return this.requests.map(({ method, path }) => `${method} ${path}`)
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #answer({ method = '', url = '', headers }: IncomingMessage, response: ServerResponse): void {
    this.requests.push({ method, path: url, authorization: headers.authorization })
    const { key, identity, namespace, endpoints } = this.#options
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'r-1' })
      response.end(JSON.stringify(body))
    }
    if (headers.authorization !== `Bearer ${key}`)
      return send(401, { error: 'Invalid credentials in Authorization header' })
    if (url === '/api/whoami-v2') return send(200, identity)
    const [, asked, name, action] = /^\/v2\/endpoint\/([^/]+)(?:\/([^/]+)(?:\/([^/]+))?)?$/.exec(url) ?? []
    if (asked !== namespace) return send(404, { error: `Namespace ${asked} not found` })
    if (name === undefined) return send(200, { items: endpoints.map((endpoint) => this.#describe(endpoint)) })
    const endpoint = endpoints.find((each) => each.name === decodeURIComponent(name))
    if (endpoint === undefined) return send(404, { error: `Endpoint ${name} not found` })
    switch (`${method} ${action ?? ''}`) {
      case 'GET ':
        return send(200, this.#look(endpoint))
      case 'POST resume':
        if (endpoint.states[0] === 'running') return send(400, { error: 'Bad Request: Endpoint is already running' })
        endpoint.states = [...(endpoint.onResume ?? ['pending', 'initializing', 'running'])]
        return send(200, this.#describe(endpoint))
      case 'POST pause':
        endpoint.states = ['paused']
        return send(200, this.#describe(endpoint))
      case 'POST scale-to-zero':
        endpoint.states = ['scaledToZero']
        return send(200, this.#describe(endpoint))
      default:
        return send(405, { error: 'Method not allowed' })
    }
  }

  /** Each look finds the next state. */
  #look(endpoint: ServedEndpoint): unknown {
    const answer = this.#describe(endpoint)
    if (endpoint.states.length > 1) endpoint.states.shift()
    return answer
  }

  #describe({ name, states, url, image, repository = 'org/model', message }: ServedEndpoint): unknown {
    const [state] = states
    const hasUrl = state !== 'paused' && state !== 'pending' && state !== 'initializing'
    return {
      name,
      type: 'protected',
      accountId: null,
      provider: { vendor: 'aws', region: 'us-east-1' },
      healthRoute: '/health',
      compute: {
        accelerator: 'gpu',
        instanceType: 'nvidia-l4',
        instanceSize: 'x1',
        scaling: { minReplica: 0, maxReplica: 2, scaleToZeroTimeout: 60 },
      },
      model: {
        repository,
        revision: '0'.repeat(40),
        task: 'text-generation',
        framework: 'pytorch',
        image: image ?? { tgi: { url: 'ghcr.io/x', port: 80, healthRoute: '/health' } },
        env: { SECRET_OF_OWNER: 'hush' },
      },
      status: {
        createdAt: '2026-05-01T10:00:00.123456789Z',
        private: null,
        state,
        message: message ?? `Endpoint is ${state}`,
        ...(hasUrl && url !== undefined ? { url } : {}),
        readyReplica: state === 'running' ? 1 : 0,
        targetReplica: 1,
      },
    }
  }
}
