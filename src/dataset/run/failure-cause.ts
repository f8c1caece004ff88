import type { GenerateOneResult } from '../../contract/generate.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import type { TaskRequest } from '../../tasks/task.js'

/**
 * Whose fault it is that an attempt gave no answer, which decides what happens next.
 *
 * - `request`: the row's own; it is told so and not asked again
 * - `server`: the server's, the network's or time's; the row is asked again, a limited number of times
 * - `pressure`: the server has as much as it takes; all rows wait
 * - `warming-up`: the model is loading; all rows wait
 * - `outage`: nobody is there; all rows wait
 * - `fatal`: no row could be answered; the run ends
 * - `cancelled`: the run itself ended the attempt
 */
export type FailureCause = 'request' | 'server' | 'pressure' | 'warming-up' | 'outage' | 'fatal' | 'cancelled'

export interface FailureContext {
  /** What was asked: options of its own, or images, may be what is wrong. */
  readonly request: TaskRequest
  /** Some row was answered before, so the address, the model and the key were right. */
  readonly hasAnswered: boolean
}

/** vLLM and SGLang refuse with 503 when their queue is full, Anthropic-like gateways with 529, the others with 429. */
const pressureStatuses: ReadonlySet<number> = new Set([429, 503, 529])
const nobodyThere: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** The cause of a result without an acceptable answer. */
export function causeOf({ outcome, cause }: GenerateOneResult, { request, hasAnswered }: FailureContext): FailureCause {
  if (outcome === 'cancelled') return 'cancelled'
  if (cause === undefined || outcome === 'refused' || outcome === 'too-long') return 'request'
  switch (cause.code) {
    case 'MODEL_FILE':
    case 'MISSING_PACKAGE':
      return 'fatal'
    case 'INVALID_OPTION':
    case 'UNSUPPORTED_OPTION':
      return hasOwnOptions(request) ? 'request' : 'fatal'
    case 'MODEL_ABILITY':
      return hasOwnOptions(request) || hasParts(request) ? 'request' : 'fatal'
    case 'WRONG_SERVER':
      // Between two answers it is what a proxy says while the server behind it restarts.
      return hasAnswered ? 'server' : 'fatal'
    case 'MODEL_NOT_FOUND':
      // A server that was started again has its models a while later.
      return hasAnswered ? 'outage' : 'fatal'
    case 'MODEL_LOADING':
      return 'warming-up'
    case 'RATE_LIMITED':
      return 'pressure'
    default:
      if (cause.isFatal) return 'fatal'
      if (outcome === 'invalid') return 'request'
      return isOutage(cause) ? 'outage' : pressureStatuses.has(cause.status ?? 0) ? 'pressure' : 'server'
  }
}

function isOutage(cause: HeadraceError): boolean {
  if (cause.code === 'TIMEOUT') return (cause as { phase?: unknown }).phase === 'connect'
  return cause.code === 'CONNECTION_FAILED' && nobodyThere.has(cause.context['systemCode'])
}

function hasOwnOptions(request: TaskRequest): boolean {
  return request.options !== undefined || isWithOutput(request)
}

function isWithOutput({ input }: TaskRequest): boolean {
  return Array.isArray(input) && Array.isArray(input[0])
}

function hasParts({ input }: TaskRequest): boolean {
  if (!Array.isArray(input)) return false
  const messages = (isWithOutput({ input }) ? input[0] : input) as readonly { readonly content: unknown }[]
  return messages.some(({ content }) => Array.isArray(content))
}
