import { HeadraceError, type HeadraceErrorOptions } from './headrace-error.js'

/** Which deadline passed; see `Timeouts`. */
export type TimeoutPhase = 'connect' | 'first-token' | 'idle' | 'total'

/** A deadline passed; `phase` says which. */
export class TimeoutError extends HeadraceError {
  override readonly name = 'TimeoutError'
  readonly code = 'TIMEOUT'
  override readonly isRetryable: boolean
  readonly phase: TimeoutPhase

  constructor(message: string, options: HeadraceErrorOptions & { readonly phase: TimeoutPhase }) {
    super(message, options)
    this.phase = options.phase
    // Only a connection that never stood: a slow server that is asked again does the same work twice.
    this.isRetryable = options.phase === 'connect'
  }
}
