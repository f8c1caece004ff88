import type { Warning } from '../../contract/response.js'
import { chooseBounds } from './choose-bounds.js'
import { type Grammar, writeGbnf } from './write-gbnf.js'

export interface BoundsOptions {
  /** How long an answer may become; what has no bound of its own gets one that keeps the answer within it. @defaultValue 2048 */
  readonly maxTokens?: number | undefined
  /** Tokens of a text that the grammar prescribes. @defaultValue one for every two characters */
  readonly countTokens?: ((text: string) => number) | undefined
}

/** A grammar in GBNF, and what it leaves out of what was asked for. */
export interface BoundedGrammar {
  readonly grammar: string
  readonly warnings: readonly Warning[]
}

const defaultMaxTokens = 2048
const halfItsLength = ({ length }: string): number => Math.floor(length / 2)

/** Writes a grammar with bounds for what has none, which a warning names. */
export function boundGrammar(
  grammar: Grammar,
  { maxTokens = defaultMaxTokens, countTokens = halfItsLength }: BoundsOptions,
): BoundedGrammar {
  const bounds = chooseBounds(grammar, maxTokens, countTokens)
  const limits: string[] = []
  if (bounds.open.has('characters'))
    limits.push(`texts without a length of their own to ${bounds.characters} characters`)
  if (bounds.open.has('items')) limits.push(`lists without one to ${bounds.items + 1} items`)
  if (bounds.levels !== undefined) limits.push(`what holds itself to ${bounds.levels} levels`)
  const message = `structuredOutput: the grammar holds ${listed(limits)}, so that the answer ends within its tokens; say how long they may be, or raise maxTokens.`
  return {
    grammar: writeGbnf(bounds.grammar, bounds),
    warnings: limits.length === 0 ? [] : [{ code: 'bounded-output', message }],
  }
}

function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')}, and ${parts.at(-1)}`
}
