import type { GenerateOneResult } from '../../contract/generate.js'
import type { HeadraceError } from '../../errors/headrace-error.js'

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
  /** The row brought options of its own, which may be what is wrong. */
  readonly hasOwnOptions: boolean
  /** The row holds images. */
  readonly hasParts: boolean
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
export function causeOf({ outcome, cause }: GenerateOneResult, context: FailureContext): FailureCause {
  if (outcome === 'cancelled') return 'cancelled'
  if (cause === undefined || outcome === 'refused' || outcome === 'too-long') return 'request'
  switch (cause.code) {
    case 'MODEL_FILE':
    case 'MISSING_PACKAGE':
      return 'fatal'
    case 'INVALID_OPTION':
    case 'UNSUPPORTED_OPTION':
      return context.hasOwnOptions ? 'request' : 'fatal'
    case 'MODEL_ABILITY':
      return context.hasOwnOptions || context.hasParts ? 'request' : 'fatal'
    case 'WRONG_SERVER':
      // Between two answers it is what a proxy says while the server behind it restarts.
      return context.hasAnswered ? 'server' : 'fatal'
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
