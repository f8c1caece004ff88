import { AddressBannedError } from '../errors/address-banned-error.js'
import { ConnectionError } from '../errors/connection-error.js'
import { TimeoutError } from '../errors/timeout-error.js'

/** Whether it would have been the same for every request. That one caller's time is over is its own affair. */
export function isSharedFailure(error: unknown): boolean {
  if (error instanceof TimeoutError) return error.phase === 'connect'
  return error instanceof ConnectionError || error instanceof AddressBannedError
}
