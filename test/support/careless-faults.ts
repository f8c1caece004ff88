import { detail, head, html, json, plainText, stream, whole } from './http-bytes.js'
import type { Answer, RecordedRequest, Script } from './scripted-server.js'

/** What a server does that repeats what it was told; `elsewhere` is another host. */
type CarelessFault = (told: string, elsewhere: string) => Script

const movedTo = (status: number, location: string): Script => [
  { write: head(status, { location, 'content-length': '0' }) },
]

/** Servers whose failures hold the whole request, by what the failure is. */
export const carelessFaults: readonly (readonly [name: string, fault: CarelessFault])[] = [
  ['a refusal', (told) => json(401, { detail: told, error: told })],
  ['a missing right', (told) => json(403, { detail: told, error: told })],
  ['a missing model', (told) => json(404, { detail: told, error: { message: told } })],
  ['a body that is not right', (told) => json(422, { detail: [{ loc: ['body', told], msg: told }], error: told })],
  ['a ban', (told) => detail(429, `Too many failed attempts. ${told}`, { 'retry-after': '1' })],
  ['a failure', (told) => json(500, { detail: told, error: told, message: told })],
  ['a failure as text', (told) => plainText(400, told)],
  ["a gateway's page", (told) => html(502, `<!doctype html>${told}`)],
  ['headers', (told) => json(500, {}, { 'x-told': told, 'x-request-id': told, 'x-error-message': told })],
  ['a redirect (302)', (_told, elsewhere) => movedTo(302, `${elsewhere}/moved`)],
  ['a redirect (307)', (_told, elsewhere) => movedTo(307, `${elsewhere}/moved`)],
  ['a redirect (308)', (_told, elsewhere) => movedTo(308, `${elsewhere}/moved`)],
  ['what is not JSON', (told) => whole(200, 'text/plain', `You said ${told}`)],
  ['JSON that is cut', (told) => whole(200, 'application/json', `{"detail": ${JSON.stringify(told)}, "data": [`)],
  ['an error in a stream', (told) => stream({ error: { message: told } }, { error: told })],
  ['no HTTP', (told) => [{ write: `220 ${told} ESMTP\r\n\r\n` }, { end: 'close' }]],
]

/** Everything of a request, on one line. */
function wholeOf({ method, path, headers, body }: RecordedRequest): string {
  return JSON.stringify({ method, path, headers, body })
}

/** Answers well so many times, and from then on as a fault says. */
export function failingAfter(
  count: number,
  good: (request: RecordedRequest, count: number) => Script,
  fault: CarelessFault,
  elsewhere: string,
): Answer {
  let seen = 0
  return (request, index) => (seen++ < count ? good(request, index) : fault(wholeOf(request), elsewhere))
}
