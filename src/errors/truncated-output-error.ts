import { HeadraceError } from './headrace-error.js'

/** The answer met its token limit before it was what `structuredOutput` asked for; `partial.text` is how far it came. */
export class TruncatedOutputError extends HeadraceError {
  override readonly name = 'TruncatedOutputError'
  readonly code = 'OUTPUT_TRUNCATED'
}
