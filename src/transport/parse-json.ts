import { MalformedResponseError } from '../errors/malformed-response-error.js'

/** Parses a JSON text. @throws MalformedResponseError `MALFORMED_RESPONSE`, which quotes the beginning. */
export function parseJson(text: string, origin: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const beginning = text.length > 80 ? `${text.slice(0, 80)}...` : text
    throw new MalformedResponseError(
      `${origin} answered with something that is not JSON: ${JSON.stringify(beginning)}.`,
      {
        cause,
      },
    )
  }
}
