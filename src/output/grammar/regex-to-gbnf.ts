import { type BoundedGrammar, type BoundsOptions, boundGrammar } from './bound-grammar.js'
import { wholeMatch } from './regex-expression.js'

/**
 * A grammar in GBNF of the texts that a regular expression of JavaScript (flag `u`) matches as a whole.
 *
 * @throws UnsupportedOptionError `UNSUPPORTED_OPTION` for lookaround, references, word boundaries and inner anchors.
 */
export function regexToGbnf(pattern: string, options: BoundsOptions = {}): BoundedGrammar {
  return boundGrammar({ root: wholeMatch(pattern), rules: new Map() }, options)
}
