import { HeadraceError } from './headrace-error.js'

/** The stream ended before the answer did. */
export class StreamTruncatedError extends HeadraceError {
  override readonly name = 'StreamTruncatedError'
  readonly code = 'STREAM_TRUNCATED'
}
