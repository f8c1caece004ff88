import { boundRecursion, recursionOf } from './bound-recursion.js'
import { type Expression, isNever, type OpenBound } from './expression.js'
import type { Bounds, Grammar } from './write-gbnf.js'

/** What is open at all, and the bounds that were chosen. */
export interface ChosenBounds extends Bounds {
  readonly open: ReadonlySet<OpenBound>
  /** How deep what holds itself may be; `undefined`: nothing does. */
  readonly levels: number | undefined
  /** With its levels written out. */
  readonly grammar: Grammar
}

const leastCharacters = 4
const mostCharacters = 100_000
const leastItems = 1
const mostItems = 63
const mostLevels = 12
/** With how many levels are counted. */
const usualItems = 7

/**
 * Bounds with which the longest text of the grammar is `maxTokens` long, at a token for each character that the model is
 * free to choose, and as `countTokens` says for those that it is not. First what holds itself gets as many levels as fit, then the lists
 * their items, then the texts their characters. Where not even the least bounds fit, they are the least.
 *
 * @param usualCharacters - Of a text where levels and items are counted, so that these do not use up what the texts need.
 */
export function chooseBounds(
  given: Grammar,
  maxTokens: number,
  countTokens: (text: string) => number,
  usualCharacters = 16,
): ChosenBounds {
  const counts = new Map<string, number>()
  const count = (text: string): number => {
    const known = counts.get(text) ?? countTokens(text)
    counts.set(text, known)
    return known
  }
  const usualBounds: Bounds = { characters: usualCharacters, items: usualItems }
  const { grammar, levels } = withLevels(given, (each) => longest(each, usualBounds, count) <= maxTokens)
  const open = openBoundsOf(grammar)
  const fits = (characters: number, items: number): boolean =>
    longest(grammar, { characters, items }, count) <= maxTokens
  const items = open.has('items') ? largest(leastItems, mostItems, (times) => fits(usualCharacters, times)) : leastItems
  const characters = open.has('characters')
    ? largest(leastCharacters, Math.min(mostCharacters, maxTokens), (times) => fits(times, items))
    : leastCharacters
  return { open, characters, items, levels, grammar }
}

function withLevels(
  grammar: Grammar,
  fits: (grammar: Grammar) => boolean,
): { readonly grammar: Grammar; readonly levels: number | undefined } {
  const recursion = recursionOf(grammar)
  if (recursion.size === 0) return { grammar, levels: undefined }
  const known = new Map<number, Grammar>()
  const bounded = (levels: number): Grammar => {
    const found = known.get(levels) ?? boundRecursion(grammar, recursion, levels)
    known.set(levels, found)
    return found
  }
  // With too few levels nothing may fit, because the schema asks for more.
  const levels = largest(1, mostLevels, (times) => isNever(bounded(times).root) || fits(bounded(times)))
  const enough = Array.from({ length: mostLevels - levels + 1 }, (_, more) => levels + more)
  const least = enough.find((each) => !isNever(bounded(each).root))
  return least === undefined ? { grammar, levels: undefined } : { grammar: bounded(least), levels: least }
}

function largest(least: number, most: number, fits: (count: number) => boolean): number {
  let low = least
  let high = Math.max(least, most)
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(middle)) low = middle
    else high = middle - 1
  }
  return low
}

function openBoundsOf({ root, rules }: Grammar): ReadonlySet<OpenBound> {
  const open = new Set<OpenBound>()
  const look = (expression: Expression): void => {
    if (expression.kind === 'sequence') expression.items.forEach(look)
    else if (expression.kind === 'choice') expression.options.forEach(look)
    else if (expression.kind === 'repeat') {
      if (typeof expression.max === 'string') open.add(expression.max)
      look(expression.item)
    }
  }
  for (const expression of [root, ...rules.values()]) look(expression)
  return open
}

/** Tokens of the longest text. */
function longest({ root, rules }: Grammar, bounds: Bounds, countTokens: (text: string) => number): number {
  const known = new Map<string, number>()
  const measure = (expression: Expression): number => {
    switch (expression.kind) {
      case 'text':
        return countTokens(expression.text)
      case 'chars':
        return 1
      case 'sequence':
        return expression.items.reduce((sum, item) => sum + measure(item), 0)
      case 'choice':
        return expression.options.reduce((most, option) => Math.max(most, measure(option)), 0)
      case 'repeat': {
        const { item, min, max } = expression
        const times = typeof max === 'string' ? Math.max(min, bounds[max]) : max
        return measure(item) * (times === Infinity ? bounds.characters : times)
      }
      case 'rule': {
        const { name } = expression
        let length = known.get(name)
        if (length === undefined) {
          known.set(name, 0)
          length = measure(rules.get(name) as Expression)
          known.set(name, length)
        }
        return length
      }
    }
  }
  return measure(root)
}
