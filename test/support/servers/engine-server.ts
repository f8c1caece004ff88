import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { onTestFinished } from 'vitest'

/** What a request asks the model. */
export interface Asked {
  readonly route: 'chat' | 'completion'
  /** The literal text, as it arrived; of a chat, the messages as JSON. */
  readonly prompt: string
  readonly messages: readonly Json[] | undefined
  readonly body: Json
}

/** What a model says: its tokens, with what stands beside them. A token source that throws fails the answer there. */
export interface Said {
  readonly tokens?: Iterable<string> | AsyncIterable<string>
  readonly reasoning?: string
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: string }[]
}

export type Answer = (asked: Asked) => string | readonly string[] | Said

export interface EngineServerOptions {
  /** @defaultValue says `Hel` and `lo` */
  readonly answer?: Answer
  /** Wanted as a bearer token. */
  readonly apiKey?: string
  /** The token that begins every text of the model. @defaultValue '<s>' */
  readonly bos?: string
}

export type Json = Readonly<Record<string, unknown>>

export interface Recorded {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly body: Json
}

/** An answer with an error status; thrown by what refuses a request. */
export class Refusal extends Error {
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(`refused with ${status}`)
    this.status = status
    this.body = body
    this.headers = headers
  }
}

/** The process of the server dies: the connection is cut, wherever the answer was. Thrown by a token source. */
export class Death extends Error {
  constructor() {
    super('the process died')
  }
}

type Handler = (request: Recorded, response: ServerResponse) => Promise<void> | void

/** A server of this machine that speaks an engine's documented protocol; each engine's is a class of its own. */
export abstract class EngineServer {
  readonly requests: Recorded[] = []
  /** Of each prompt that was tokenised, how many of its tokens begin a text. */
  readonly bosCounts: number[] = []
  protected readonly bos: string
  protected readonly answer: Answer
  readonly #apiKey: string | undefined
  readonly #server: Server
  readonly #left: Promise<void>
  #onLeft = (): void => undefined

  protected constructor({ answer = () => ['Hel', 'lo'], apiKey, bos = '<s>' }: EngineServerOptions) {
    this.answer = answer
    this.bos = bos
    this.#apiKey = apiKey
    this.#server = createServer((request, response) => {
      let text = ''
      request.setEncoding('utf8')
      request.on('data', (chunk: string) => (text += chunk))
      request.on('end', () => {
        const { method = '', url = '', headers } = request
        void this.#serve({ method, path: url, headers, text, body: parse(text) }, response)
      })
    })
    this.#left = new Promise((resolve) => (this.#onLeft = resolve))
  }

  protected abstract readonly routes: Readonly<Record<string, Handler>>
  protected abstract notFound(): Refusal
  protected abstract unauthorized(): Refusal
  /** Routes that want the key. */
  protected abstract isGuarded(path: string): boolean

  /** Listens until the test ends. */
  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => this.close())
    return this
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Resolves when a client has closed the connection before the end of its answer. */
  get answerLeft(): Promise<void> {
    return this.#left
  }

  /** The bodies of the requests to a path. */
  bodies(path: string): readonly Json[] {
    return this.requests.filter((request) => request.path === path).map(({ body }) => body)
  }

  /** Tokens of a text, one a word, for a model that begins each text with its token where `addsSpecial`. */
  protected tokenise(text: string, addsSpecial: boolean): number {
    const written = text.split(this.bos).length - 1
    this.bosCounts.push(written + (addsSpecial ? 1 : 0))
    return (addsSpecial ? 1 : 0) + written + (text.replaceAll(this.bos, ' ').match(/\S+/g)?.length ?? 0)
  }

  async #serve(request: Recorded, response: ServerResponse): Promise<void> {
    this.requests.push(request)
    response.on('close', () => {
      if (!response.writableFinished) this.#onLeft()
    })
    const handler = this.routes[`${request.method} ${request.path}`]
    try {
      const isRefused = this.#apiKey !== undefined && request.headers.authorization !== `Bearer ${this.#apiKey}`
      if (isRefused && this.isGuarded(request.path)) throw this.unauthorized()
      if (handler === undefined) throw this.notFound()
      await handler(request, response)
    } catch (error) {
      if (error instanceof Death) {
        response.destroy()
        return
      }
      if (!(error instanceof Refusal)) throw error
      if (response.headersSent) response.destroy()
      else sendWhole(response, error.status, error.body, error.headers)
    }
  }
}

/** A body that is text goes out as it is, any other as JSON. */
export function sendWhole(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const isText = typeof body === 'string'
  response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json', ...headers })
  response.end(isText ? body : JSON.stringify(body))
}

export function beginStream(response: ServerResponse, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', ...headers })
}

/** One token of an answer, and with the last one why it was the last. */
export interface Generated {
  readonly token: string
  /** The whole text so far. */
  readonly text: string
  readonly count: number
  readonly end: 'eos' | 'stop' | 'length' | undefined
  /** The stop string that ended it. */
  readonly stop: string | undefined
}

/** What a model says, up to a stop string or as many tokens as may be; at least the end. */
export async function* generate(
  said: Said,
  stops: readonly string[],
  maxTokens: number,
): AsyncGenerator<Generated, void, undefined> {
  let text = ''
  let count = 0
  for await (const token of said.tokens ?? []) {
    text += token
    count++
    const stop = stops.find((each) => text.includes(each))
    const end = stop !== undefined ? 'stop' : count >= maxTokens ? 'length' : undefined
    yield { token, text, count, end, stop }
    if (end !== undefined) return
  }
  yield { token: '', text, count, end: 'eos', stop: undefined }
}

export function asSaid(said: ReturnType<Answer>): Said {
  if (typeof said === 'string') return { tokens: [said] }
  return Array.isArray(said) ? { tokens: said as readonly string[] } : (said as Said)
}

/** What follows from a token's place: a number to be recognised by. */
export function logprobOf(index: number): number {
  return -(index + 1) / 8
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return {}
  }
}
