import { anyChar } from './char-set.js'
import { chars, choice, empty, type Expression, repeat, sequence } from './expression.js'
import { notExpressible } from './not-expressible.js'
import { parseRegex, type Regex } from './parse-regex.js'

/** llama.cpp follows all the ways that a text may have taken, and so many in reasonable time. */
const mostWays = 5000

/** Texts that match as a whole, as `^(?:pattern)$` does. */
export function wholeMatch(pattern: string): Expression {
  return choice(...readBranches(pattern).map(({ body }) => body))
}

/** Texts that have a match somewhere, as `pattern` of JSON Schema means it. */
export function partialMatch(pattern: string): Expression {
  const padding = repeat(chars(anyChar), 0, 'characters')
  return choice(
    ...readBranches(pattern).map(({ body, isAtStart, isAtEnd }) =>
      sequence(isAtStart ? empty : padding, body, isAtEnd ? empty : padding),
    ),
  )
}

/** One alternative, without the anchors at its ends. */
interface Branch {
  readonly isAtStart: boolean
  readonly isAtEnd: boolean
  readonly body: Expression
}

function readBranches(pattern: string): readonly Branch[] {
  return flatten(parseRegex(pattern)).map((items): Branch => {
    const isStart = (item: Regex | undefined): boolean => item?.kind === 'anchor' && item.at === 'start'
    const isEnd = (item: Regex | undefined): boolean => item?.kind === 'anchor' && item.at === 'end'
    let from = 0
    let to = items.length
    while (isStart(items[from])) from++
    while (isEnd(items[to - 1])) to--
    const body = sequence(...items.slice(from, to).map((item) => toExpression(item, pattern)))
    if (waysThrough(body) > mostWays) {
      throw notExpressible(
        'pattern',
        `the repetitions inside of repetitions in the regular expression ${pattern}`,
        'because llama.cpp would follow too many ways through them at once; lower their counts',
      )
    }
    return { isAtStart: from > 0, isAtEnd: to < items.length, body }
  })
}

/** The alternatives as sequences; groups at their ends that have anchors are taken apart. */
function flatten(regex: Regex): readonly (readonly Regex[])[] {
  if (regex.kind === 'choice') return regex.options.flatMap(flatten)
  if (regex.kind !== 'sequence') return [[regex]]
  const { items } = regex
  const index = items.findIndex((item, at) => (at === 0 || at === items.length - 1) && isGroup(item) && hasAnchor(item))
  const group = items[index]
  if (group === undefined) return [items]
  return flatten(group).flatMap((inside) =>
    flatten({ kind: 'sequence', items: [...items.slice(0, index), ...inside, ...items.slice(index + 1)] }),
  )
}

function isGroup({ kind }: Regex): boolean {
  return kind === 'choice' || kind === 'sequence'
}

function hasAnchor(regex: Regex): boolean {
  if (regex.kind === 'anchor') return true
  if (regex.kind === 'choice') return regex.options.some(hasAnchor)
  return regex.kind === 'sequence' ? regex.items.some(hasAnchor) : false
}

function toExpression(regex: Regex, pattern: string): Expression {
  switch (regex.kind) {
    case 'chars':
      return chars(regex.set)
    case 'sequence':
      return sequence(...regex.items.map((item) => toExpression(item, pattern)))
    case 'choice':
      return choice(...regex.options.map((option) => toExpression(option, pattern)))
    case 'repeat': {
      const { item, min, max } = regex
      return repeat(toExpression(item, pattern), min, max === Infinity ? 'characters' : max)
    }
    case 'anchor':
      throw notExpressible(
        'pattern',
        `an anchor inside of the regular expression ${pattern}`,
        'because it may stand at the beginning or the end of an alternative only',
      )
  }
}

/** How many ways through repetitions inside of repetitions a text may have, at most. */
function waysThrough(expression: Expression, isInside = false): number {
  switch (expression.kind) {
    case 'sequence':
      return Math.max(...expression.items.map((item) => waysThrough(item, isInside)))
    case 'choice':
      return Math.max(1, ...expression.options.map((option) => waysThrough(option, isInside)))
    case 'repeat': {
      const { item, min, max } = expression
      const inside = waysThrough(item, true)
      const own = typeof max === 'string' || max === min ? 1 : max - min
      return isInside || inside > 1 ? own * inside : 1
    }
    default:
      return 1
  }
}
