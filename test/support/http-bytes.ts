import type { Script } from './scripted-server.js'

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  302: 'Found',
  307: 'Temporary Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
}

type Headers = Readonly<Record<string, string>>

/** Status line and headers as uvicorn writes them. */
export function head(status: number, headers: Headers): string {
  const lines = Object.entries({ server: 'uvicorn', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${reasons[status] ?? ''}\r\n${lines.join('')}\r\n`
}

/** A whole answer with a body. */
export function whole(status: number, type: string, body: string, headers: Headers = {}): Script {
  const length = String(Buffer.byteLength(body))
  return [{ write: head(status, { 'content-length': length, 'content-type': type, ...headers }) + body }]
}

export function json(status: number, body: unknown, headers: Headers = {}): Script {
  return whole(status, 'application/json', JSON.stringify(body), headers)
}

/** How Xinference reports most errors. */
export function detail(status: number, text: string, headers: Headers = {}): Script {
  return json(status, { detail: text }, headers)
}

export function plainText(status: number, body: string): Script {
  return whole(status, 'text/plain; charset=utf-8', body)
}

export function html(status: number, body = '<!doctype html><title>UI</title>'): Script {
  return whole(status, 'text/html; charset=utf-8', body)
}

/** The head of an event stream, as Xinference 3.2 writes it. */
export const streamHead: string = head(200, {
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
  'content-type': 'text/event-stream; charset=utf-8',
  'transfer-encoding': 'chunked',
})

/** One chunk of a chunked body. */
export function chunk(data: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(data)
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
}

/** The end of a chunked body. */
export const lastChunk = '0\r\n\r\n'

/** One event; an object is written as JSON. */
export function event(data: unknown): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\r\n\r\n`
}

/** The beginning of an event stream that goes on. */
export function openStream(...events: readonly unknown[]): Script {
  return [{ write: streamHead }, ...events.map((data) => ({ write: chunk(event(data)) }))]
}

/** A whole event stream, each event in a chunk of its own. */
export function stream(...events: readonly unknown[]): Script {
  return [...openStream(...events), { write: lastChunk }]
}

/** A whole event stream of these bytes. */
export function streamOf(bytes: string | Uint8Array): Script {
  return [{ write: streamHead }, { write: chunk(bytes) }, { write: lastChunk }]
}
