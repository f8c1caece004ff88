import type { CanonicalRequest } from '../../contract/engine.js'
import type { InlineThinking } from './think-splitter.js'

/**
 * Whether thinking may stand in the text, of a server that does not say whether its model thinks and whether it takes
 * the thinking out. Literal text is what the caller wanted continued; a constrained one has no room for thinking.
 */
export function thinkingOf(kind: CanonicalRequest['kind'], request: CanonicalRequest | undefined): InlineThinking {
  if (request?.constraint !== undefined) return 'none'
  if (kind === 'chat') return 'possible'
  if (request?.rendered === undefined) return 'none'
  return /<think>\s*$/.test(request.prompt ?? '') ? 'expected' : 'possible'
}
