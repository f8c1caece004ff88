import type { ErrorAnswer } from '../../contract/dialect.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import { readEventError, readHttpError } from '../openai/read-http-error.js'

const habits = { name: 'TGI' }

/** The status that an error of this `error_type` has outside of a stream (TGI 3.3). */
const statusOfType: Readonly<Record<string, number>> = {
  validation: 422,
  template_error: 422,
  missing_template_variable: 422,
  tool_error: 422,
  generation: 424,
  overloaded: 429,
}

/** Turns an answer with an error status into one of the family. */
export function readError(answer: ErrorAnswer): HeadraceError {
  return readHttpError(habits, answer)
}

/** The `error` of a chat's event: an object with its status, on older servers the reason alone. */
export function readChatStreamError(error: unknown): HeadraceError {
  if (typeof error !== 'string') return readEventError(habits, error)
  return readTypedError(error, /overloaded/i.test(error) ? 'overloaded' : 'incomplete_generation')
}

/** An error inside a native stream, where the status was 200. */
export function readGenerateStreamError(event: Readonly<Record<string, unknown>>): HeadraceError {
  return readTypedError(event['error'], String(event['error_type']))
}

function readTypedError(error: unknown, type: string): HeadraceError {
  const status = statusOfType[type] ?? 500
  return readError({ status, headers: {}, body: JSON.stringify({ error }), retryAfterMs: undefined })
}
