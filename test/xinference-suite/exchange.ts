import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'

import type { Check } from './check.js'
import type { DifferenceName } from './differences.js'
import type { Side, SuiteTarget } from './target.js'

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly method?: 'DELETE' | 'GET' | 'HEAD' | 'OPTIONS' | 'PATCH' | 'POST' | 'PUT'
  readonly path: string
  /** Text is sent as it is, anything else as JSON. */
  readonly body?: unknown
  /** @defaultValue 'right' */
  readonly key?: 'none' | 'right' | 'wrong'
  readonly headers?: Readonly<Record<string, string>>
}

/** What is compared of an answer. */
export interface WireAnswer {
  readonly status: number
  /** Those that clients read. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON is parsed. Of an event stream: the data of its events, in which JSON is parsed. */
  readonly body: unknown
}

type Both = Readonly<Record<Side, unknown>>

/** A check of one request. */
export function exchange(
  name: string,
  request: WireRequest | ((target: SuiteTarget) => WireRequest),
  outcome: { readonly expected: unknown } | ({ readonly difference: DifferenceName } & Both),
): Check {
  const run = (target: SuiteTarget): Promise<WireAnswer> =>
    ask(target, typeof request === 'function' ? request(target) : request)
  return { name, run, ...outcome }
}

/** Sends one request on a connection of its own. */
export async function ask(target: SuiteTarget, request: WireRequest): Promise<WireAnswer> {
  const { method = 'GET', path, body, key = 'right', headers = {} } = request
  const credential = key === 'right' ? target.apiKey : 'xf-wrong'
  const {
    status,
    headers: received,
    text,
  } = await send(`${target.endpoint}${path}`, method, body, {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(key === 'none' ? {} : { authorization: `Bearer ${credential}` }),
    ...headers,
  })
  return { status, headers: selectHeaders(received), body: readBody(received['content-type'] ?? '', text) }
}

const compared = new Set([
  'access-control-allow-origin',
  'allow',
  'cache-control',
  'content-type',
  'retry-after',
  'www-authenticate',
  'x-accel-buffering',
])

function selectHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => compared.has(name))) as Record<string, string>
}

function readBody(contentType: string, text: string): unknown {
  if (contentType === 'application/json') return text === '' ? '' : JSON.parse(text)
  return contentType.startsWith('text/event-stream') ? readEvents(text) : text
}

/** Lines end with CRLF, an event is one line of data, and an empty line ends it. */
function readEvents(text: string): unknown[] {
  const events = text.split('\r\n\r\n')
  if (events.pop() !== '') throw new Error(`The stream does not end with an empty line: ${JSON.stringify(text)}`)
  return events.map((event) => {
    const [, data = ''] = /^data: ([^\r\n]*)$/.exec(event) ?? []
    if (data === '') throw new Error(`Not an event of one line of data: ${JSON.stringify(event)}`)
    return data.startsWith('{') ? JSON.parse(data) : data
  })
}

/** The bare bytes of an answer, for what parsing hides. */
export async function askText(target: SuiteTarget, request: WireRequest): Promise<string> {
  const headers = { authorization: `Bearer ${target.apiKey}`, 'content-type': 'application/json' }
  return (await send(`${target.endpoint}${request.path}`, request.method ?? 'GET', request.body, headers)).text
}

function send(
  url: string,
  method: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body))
  })
}
