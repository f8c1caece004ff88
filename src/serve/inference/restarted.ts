import type { RestartStreamPart } from '../../contract/stream-part.js'
import { InvalidOutputError } from '../../errors/invalid-output-error.js'

/** Why a stream of HTTP ends where its model begins anew: what was sent cannot be taken back. */
export function restarted({ issues }: RestartStreamPart): InvalidOutputError {
  return new InvalidOutputError(
    'The answer was not valid after it had been sent: leave maxAttempts out of the structuredOutput of a model that is served.',
    { issues },
  )
}
