import { EventStream, type EventFraming } from '../event-stream.js'
import { toFailure } from './tgi-failure.js'
import type { TgiRequest } from './tgi-server.js'

const framing: EventFraming = { before: 'data: ', after: '\n\n', ping: () => ':\n\n' }

/** A stream of TGI's routes in OpenAI's form. */
export function openAIStream({ outgoing, server }: TgiRequest): EventStream {
  return new EventStream(outgoing, server.pingIntervalMs, framing)
}

/** An error inside of it, after which `[DONE]` comes too. */
export async function sendFailure(events: EventStream, error: unknown): Promise<void> {
  const { message, status } = toFailure(error)
  await events.send(JSON.stringify({ error: { message, http_status_code: status } }))
  await events.send('[DONE]')
}
