import type { Runtime } from '../contract/runtime.js'
import { redactHeaders, redactText } from './redact.js'
import type { ResponseHandler, Transport, TransportRequest } from './transport.js'

const longestBody = 4000
/** More is kept of a body than is printed, so that a secret on the edge is there as a whole and is found. */
const longestKept = 2 * longestBody

/**
 * Prints each request and answer when `HEADRACE_LOG=debug`, without header values that may be secrets and without
 * `secrets` wherever they stand; otherwise gives the transport back as it is.
 */
export function withDebugLog(transport: Transport, runtime: Runtime, secrets: () => readonly string[]): Transport {
  if (runtime.env['HEADRACE_LOG'] !== 'debug') return transport
  let count = 0
  const redact = (text: string): string => redactText(text, secrets())
  const print = (line: string): void => runtime.log(redact(line))
  return {
    send(request, handler) {
      const number = ++count
      const startedAt = runtime.now()
      print(`[headrace] #${number} > ${request.method} ${request.origin}${request.path} ${describe(request, redact)}`)
      const logging = new LoggingHandler(handler, request.isConfidential ? hide : redact, (line) =>
        print(`[headrace] #${number} < ${line} (${Math.round(runtime.now() - startedAt)} ms)`),
      )
      const exchange = transport.send(request, logging)
      return {
        abort() {
          logging.aborted()
          exchange.abort()
        },
        pause: () => exchange.pause(),
        resume: () => exchange.resume(),
      }
    },
    close: () => transport.close(),
  }
}

class LoggingHandler implements ResponseHandler {
  readonly #inner: ResponseHandler
  readonly #redact: (text: string) => string
  readonly #print: (line: string) => void
  readonly #decoder = new TextDecoder()
  #status = 0
  #headers: Record<string, unknown> = {}
  #body = ''
  #bytes = 0
  #isOver = false

  constructor(inner: ResponseHandler, redact: (text: string) => string, print: (line: string) => void) {
    this.#inner = inner
    this.#redact = redact
    this.#print = print
  }

  sent(): void {
    this.#inner.sent()
  }

  head(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void {
    this.#status = status
    this.#headers = redactHeaders(headers)
    this.#inner.head(status, headers)
  }

  data(chunk: Uint8Array): void {
    this.#bytes += chunk.length
    if (this.#body.length < longestKept) this.#body += this.#decoder.decode(chunk, { stream: true })
    this.#inner.data(chunk)
  }

  end(): void {
    this.#isOver = true
    this.#print(this.#answer())
    this.#inner.end()
  }

  fail(error: unknown): void {
    this.#isOver = true
    this.#print(`failed (${String(error)}) after ${this.#answer()}`)
    this.#inner.fail(error)
  }

  /** The caller ended it, or could not read it. */
  aborted(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#print(`aborted after ${this.#answer()}`)
  }

  #answer(): string {
    const body = shorten(this.#redact(this.#body))
    return `${this.#status} ${JSON.stringify(this.#headers)} ${this.#bytes} bytes ${body}`
  }
}

function describe({ headers, body = '', isConfidential }: TransportRequest, redact: (text: string) => string): string {
  return `${JSON.stringify(redactHeaders(headers))} ${shorten(isConfidential ? hide(body) : redact(body))}`
}

function hide(body: string): string {
  return body === '' ? '' : '[redacted]'
}

function shorten(body: string): string {
  return body.length > longestBody ? `${body.slice(0, longestBody)}... (${body.length} characters)` : body
}
