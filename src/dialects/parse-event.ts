import { MalformedResponseError } from '../errors/malformed-response-error.js'
import { quote } from './openai/read-values.js'

/** The object that an event of a stream is. @throws MalformedResponseError `MALFORMED_RESPONSE` */
export function parseEvent(data: string): Readonly<Record<string, unknown>> {
  let event: unknown
  try {
    event = JSON.parse(data)
  } catch (cause) {
    throw new MalformedResponseError(`An event of the stream is not JSON: ${quote(data)}.`, { cause })
  }
  if (typeof event === 'object' && event !== null) return event as Record<string, unknown>
  throw new MalformedResponseError(`An event of the stream is not an object: ${quote(data)}.`)
}
