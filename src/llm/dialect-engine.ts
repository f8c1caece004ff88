import type { AnswerContext, Dialect, StreamReader, WireRequest } from '../contract/dialect.js'
import type { AnswerSink, CanonicalRequest, Engine, Exchange } from '../contract/engine.js'
import type { Capabilities } from '../contract/capabilities.js'
import type { Runtime } from '../contract/runtime.js'
import type { ServerLoad } from '../contract/server-load.js'
import { type HeadraceError, isHeadraceError } from '../errors/headrace-error.js'
import { MalformedResponseError } from '../errors/malformed-response-error.js'
import { StreamTruncatedError } from '../errors/stream-truncated-error.js'
import { toNetworkError } from '../transport/network-error.js'
import { requestWhole } from '../transport/request-whole.js'
import { redirectError } from '../transport/redirect-error.js'
import { readRedacted, redactError, redactText } from '../transport/redact.js'
import { parseJson } from '../transport/parse-json.js'
import { parseRetryAfter } from '../transport/retry-after.js'
import { SseDecoder } from '../transport/sse-decoder.js'
import type { ResponseHandler, ResponseHeaders, Transport, TransportExchange } from '../transport/transport.js'

export interface DialectEngineOptions {
  readonly dialect: Dialect
  readonly transport: Transport
  /** `http://127.0.0.1:9997` */
  readonly origin: string
  /** What stands before the dialect's paths; `''` or `/prefix`. */
  readonly basePath: string
  /** Of a request that is sent now; credentials included, which go to `origin` alone. */
  readonly headers: () => Readonly<Record<string, string>>
  /** Taken out of what a server says before it becomes part of an error. */
  readonly secrets: readonly string[]
  readonly runtime: Runtime
}

/** A server that is too busy to say how busy it is. */
const loadTimeoutMs = 5000

const longestErrorBody = 64 * 1024

/**
 * How long a stream may stay open after the server has said that its answer is complete. The body ends in the same moment
 * everywhere else, so the connection can be used again, and servers that limit requests count this one until then.
 */
const lingerMs = 250

/** Runs requests on a server: the dialect compiles, the transport sends, the dialect reads. */
export class DialectEngine implements Engine {
  readonly capabilities: Capabilities
  readonly #options: DialectEngineOptions

  constructor(options: DialectEngineOptions) {
    this.#options = options
    this.capabilities = options.dialect.capabilities
  }

  start(request: CanonicalRequest, sink: AnswerSink): Exchange {
    const { dialect, transport, origin, basePath, headers } = this.#options
    const { path, body, warnings } = dialect.compile(request)
    const exchange = new HttpExchange(this.#options, request, sink, warnings)
    exchange.transport = transport.send(
      { method: 'POST', origin, path: basePath + path, headers: headers(), body: JSON.stringify(body) },
      exchange,
    )
    return exchange
  }

  async readLoad(): Promise<ServerLoad | undefined> {
    const { dialect, transport, origin, basePath, headers, runtime } = this.#options
    const { load } = dialect
    if (load === undefined) return undefined
    const request = { method: 'GET', origin, path: basePath + load.path, headers: headers(), body: undefined } as const
    try {
      const { status, body } = await requestWhole(transport, request, { runtime, timeoutMs: loadTimeoutMs })
      return status === 200 ? load.read(body) : undefined
    } catch {
      // Whether the server is there is for the requests to find out.
      return undefined
    }
  }
}

/** One request and its answer: JSON, an event stream, or an error. */
class HttpExchange implements Exchange, ResponseHandler {
  transport: TransportExchange | undefined
  readonly #dialect: Dialect
  readonly #request: CanonicalRequest
  readonly #sink: AnswerSink
  readonly #warnings: WireRequest['warnings']
  readonly #origin: string
  readonly #secrets: readonly string[]
  readonly #runtime: Pick<Runtime, 'setTimer'>
  #status = 0
  #headers: ResponseHeaders = {}
  #chunks: Uint8Array[] = []
  #byteCount = 0
  #events: SseDecoder | undefined
  #reader: StreamReader | undefined
  #cancelLinger: (() => void) | undefined
  #isEnded = false

  constructor(
    options: DialectEngineOptions,
    request: CanonicalRequest,
    sink: AnswerSink,
    warnings: WireRequest['warnings'],
  ) {
    this.#dialect = options.dialect
    this.#request = request
    this.#sink = sink
    this.#warnings = warnings
    this.#origin = options.origin
    this.#secrets = options.secrets
    this.#runtime = options.runtime
  }

  abort(reason: HeadraceError): void {
    if (this.#isEnded) return
    this.transport?.abort()
    this.#end(reason)
  }

  pause(): void {
    this.transport?.pause()
  }

  resume(): void {
    this.transport?.resume()
  }

  sent(): void {
    if (this.#warnings !== undefined) for (const warning of this.#warnings) this.#sink.warn(warning)
    this.#sink.sent()
  }

  head(status: number, headers: ResponseHeaders): void {
    this.#status = status
    this.#headers = headers
    // A server that does not stream answers in JSON although a stream was asked for; that is read as well.
    if (status < 300 && this.#request.stream && isEventStream(headers)) {
      const reader = this.#dialect.createStreamReader(this.#request.kind, this.#context())
      const read = (data: string): void => reader.event(data, this.#sink)
      this.#reader = reader
      this.#events = new SseDecoder((data) => {
        if (!this.#isEnded && !reader.isDone) readRedacted(data, this.#secrets, read)
      })
    }
  }

  data(chunk: Uint8Array): void {
    if (this.#isEnded) return
    this.#sink.activity()
    if (this.#events !== undefined) {
      this.#guard(() => this.#events?.push(chunk))
      if (this.#reader?.isDone) this.#linger()
      return
    }
    this.#byteCount += chunk.length
    this.#chunks.push(chunk)
    if (this.#status < 300 || this.#byteCount < longestErrorBody) return
    this.transport?.abort()
    this.#guard(() => this.#endWhole())
  }

  end(): void {
    if (this.#isEnded) return
    if (this.#events !== undefined) this.#guard(() => this.#endStream())
    else this.#guard(() => this.#endWhole())
  }

  fail(cause: unknown): void {
    if (this.#isEnded) return
    if (this.#status === 0) this.#end(toNetworkError(cause, this.#origin))
    else if (this.#reader === undefined) this.#end(this.#truncated(cause))
    else this.#guard(() => this.#endStream(cause))
  }

  #linger(): void {
    this.#cancelLinger ??= this.#runtime.setTimer(() => {
      this.transport?.abort()
      this.#guard(() => this.#endStream())
    }, lingerMs)
  }

  /** The body ended, or its connection broke: complete if the answer had ended before, else truncated. */
  #endStream(cause?: unknown): void {
    try {
      this.#events?.end()
    } catch (error) {
      // The last event was cut off.
      if (!(error instanceof MalformedResponseError)) throw error
    }
    const reader = this.#reader
    this.#reader = undefined
    this.#end(reader?.end(this.#sink) ? undefined : this.#truncated(cause))
  }

  #endWhole(): void {
    const text = this.#text()
    if (this.#status >= 300) {
      this.#end(this.#readError(redactText(text, this.#secrets)))
      return
    }
    readRedacted(text, this.#secrets, (json) => {
      const answer = parseJson(json, this.#origin)
      this.#sink.raw(answer)
      this.#dialect.read(answer, this.#request.kind, this.#sink, this.#context())
    })
    this.#end()
  }

  #readError(body: string): HeadraceError {
    if (this.#status < 400) return redirectError(this.#origin, this.#status, this.#headers)
    const retryAfterMs = parseRetryAfter(this.#headers['retry-after'], Date.now())
    return this.#dialect.readError({ status: this.#status, headers: this.#headers, body, retryAfterMs })
  }

  #context(): AnswerContext {
    return { request: this.#request, headers: this.#headers }
  }

  #text(): string {
    const [first] = this.#chunks
    if (first === undefined) return ''
    const bytes = this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks)
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  }

  #truncated(cause: unknown): StreamTruncatedError {
    return new StreamTruncatedError(
      `${this.#origin} ended the answer before it was complete; look at the server's log, or ask again.`,
      { cause, status: this.#status },
    )
  }

  /** Whatever reading throws ends the exchange, and the socket with it. */
  #guard(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.transport?.abort()
      this.#end(isHeadraceError(error) ? error : unreadable(error, this.#origin))
    }
  }

  #end(error?: HeadraceError): void {
    this.#isEnded = true
    this.#cancelLinger?.()
    // What was held back arrived nevertheless.
    this.#reader?.end(this.#sink)
    this.#reader = undefined
    // What is over may have grown old, and what old objects hold is not collected before they are.
    this.#chunks = []
    this.#headers = {}
    if (error !== undefined) redactError(error, this.#secrets)
    this.#sink.end(error)
  }
}

function isEventStream(headers: ResponseHeaders): boolean {
  const type = headers['content-type']
  return typeof type === 'string' && /^text\/event-stream/i.test(type)
}

function unreadable(cause: unknown, origin: string): MalformedResponseError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new MalformedResponseError(`${origin} answered with something that cannot be read: ${reason}.`, { cause })
}
