import { readError, readStreamError } from '../dialects/xinference/read-error.js'
import { ContextOverflowError } from '../errors/context-overflow-error.js'
import type { HeadraceError } from '../errors/headrace-error.js'
import { ServerError } from '../errors/server-error.js'
import type { EventList } from './list-events.js'

/** The server notes times in whole seconds, and an answer takes a while. */
const toleranceMs = 3000

/** Whether the server told the reason of a failed chat to its log and its events alone (since server 4). */
export function isReasonHidden(error: HeadraceError): boolean {
  return error instanceof ServerError && isHidingSentence(String(error.context['said']))
}

/**
 * The failure with the reason that the model's events tell.
 *
 * Events name no request. So only those are considered that are as old as the failure (`agoMs`), and where several requests
 * failed at once for several reasons the error names them all instead of guessing.
 *
 * @returns the same error where no event of that age is there.
 */
export function readHiddenReason(
  error: HeadraceError,
  { events, serverTime }: EventList,
  agoMs: number,
): HeadraceError {
  const contents = events
    .filter(({ type, time, content }) => {
      const age = serverTime - time.getTime()
      return type === 'ERROR' && age >= -toleranceMs && age <= agoMs + toleranceMs && !isHidingSentence(content)
    })
    .map(({ content }) => content)
  // The same reason with other numbers is one reason.
  const distinct = new Map(contents.map((content) => [content.replaceAll(/\d+/g, '0'), content]))
  const reasons = [...distinct.values()].map((content) => toError(content, error))
  const last = reasons.at(-1)
  if (last === undefined) return error
  if (reasons.length === 1 || reasons.every((reason) => reason instanceof ContextOverflowError)) return last
  const all = reasons.map(({ message }) => message.replace(/\.$/, '')).join('; ')
  return new ServerError(
    `Several requests failed at once, and Xinference does not tell which for what reason: ${all}.`,
    {
      status: error.status,
      cause: error,
    },
  )
}

function toError(content: string, hidden: HeadraceError): HeadraceError {
  const { status } = hidden
  const error =
    status === undefined
      ? readStreamError(content)
      : readError({ status, headers: {}, body: JSON.stringify({ detail: content }), retryAfterMs: undefined })
  error.cause ??= hidden
  return error
}

function isHidingSentence(text: string): boolean {
  return /^the chat completion request failed/i.test(text)
}
