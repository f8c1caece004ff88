import { choice, text } from './expression.js'
import { writeGbnf } from './write-gbnf.js'

/** A grammar in GBNF of these texts and no others. */
export function choiceToGbnf(choices: readonly string[]): string {
  return writeGbnf(
    { root: choice(...Array.from(new Set(choices), text)), rules: new Map() },
    { characters: 0, items: 0 },
  )
}
