import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'

import { type EventFraming, EventStream } from '../event-stream.js'
import { toFailure } from './tgi-failure.js'
import type { TgiRequest } from './tgi-server.js'

const framing: EventFraming = { before: 'data: ', after: '\n\n', ping: () => ':\n\n' }

/** Streams chunks in OpenAI's form. Whatever goes wrong becomes an event; `[DONE]` comes in any case. */
export async function streamChunks(
  { outgoing, server }: TgiRequest,
  chunks: AsyncIterable<Readonly<Record<string, unknown>>>,
): Promise<Response> {
  const events = new EventStream(outgoing, server.pingIntervalMs, framing)
  try {
    for await (const chunk of chunks) await events.send(JSON.stringify(chunk))
  } catch (error) {
    const { message, status } = toFailure(error)
    await events.send(JSON.stringify({ error: { message, http_status_code: status } }))
  }
  await events.send('[DONE]')
  events.end()
  return RESPONSE_ALREADY_SENT
}
