import type { IncomingMessage } from 'node:http'

import { HttpFailure } from './http-failure.js'

/**
 * Reads a JSON body.
 *
 * @throws HttpFailure 413 as soon as the body is known to be larger than `maxBytes`.
 * @throws SyntaxError when it is not JSON.
 */
export async function readJson(incoming: IncomingMessage, maxBytes: number): Promise<unknown> {
  if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const chunks: Buffer[] = []
  let size = 0
  // The iterator must not destroy the socket when it is left early: the refusal still has to go out.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw tooLarge(maxBytes)
    chunks.push(chunk)
  }
  if (size === 0) throw new SyntaxError('Expecting value: line 1 column 1 (char 0)')
  // TextDecoder drops a byte order mark, as Python does.
  return JSON.parse(new TextDecoder().decode(Buffer.concat(chunks))) as unknown
}

function tooLarge(maxBytes: number): HttpFailure {
  return new HttpFailure(413, `Request body is larger than ${maxBytes} bytes`, { connection: 'close' })
}
