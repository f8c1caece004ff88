import { type CharSet, intersection } from './char-set.js'
import { choice, empty, type Expression, isNever, isNullable, never, repeat, sequence, text } from './expression.js'

/** Pairs of what is left of both that are looked at before giving up. */
const mostPairs = 400
/** As JSON. */
const longestPair = 50_000

/** Whether two expressions without rules have a text in common; `unknown` where that takes too long to tell. */
export function textsInCommon(one: Expression, other: Expression): 'some' | 'none' | 'unknown' {
  const seen = new Set<string>()
  const waiting: [Expression, Expression][] = [[one, other]]
  for (let pair = waiting.pop(); pair !== undefined; pair = waiting.pop()) {
    const [first, second] = pair
    const key = JSON.stringify(pair)
    if (seen.has(key)) continue
    seen.add(key)
    if (seen.size > mostPairs || key.length > longestPair) return 'unknown'
    if (isNullable(first) && isNullable(second)) return 'some'
    for (const point of points(firstSets(first), firstSets(second))) {
      const [left, right] = [after(first, point), after(second, point)]
      if (!isNever(left) && !isNever(right)) waiting.push([left, right])
    }
  }
  return 'none'
}

/** A character of each class that the sets tell apart. */
function points(one: readonly CharSet[], other: readonly CharSet[]): readonly number[] {
  const starts = new Set<number>()
  for (const first of one) {
    for (const second of other) for (const [start] of intersection(first, second)) starts.add(start)
  }
  return [...starts]
}

/** The sets of which the first character may be one. */
function firstSets(expression: Expression): readonly CharSet[] {
  switch (expression.kind) {
    case 'text': {
      const code = expression.text.codePointAt(0)
      return code === undefined ? [] : [[[code, code]]]
    }
    case 'chars':
      return [expression.set]
    case 'sequence': {
      const end = expression.items.findIndex((item) => !isNullable(item))
      return expression.items.slice(0, end === -1 ? undefined : end + 1).flatMap(firstSets)
    }
    case 'choice':
      return expression.options.flatMap(firstSets)
    case 'repeat':
      return firstSets(expression.item)
    case 'rule':
      return []
  }
}

/** What may follow `point` (the derivative of the expression). */
function after(expression: Expression, point: number): Expression {
  switch (expression.kind) {
    case 'text': {
      const character = String.fromCodePoint(point)
      return expression.text.startsWith(character) ? text(expression.text.slice(character.length)) : never
    }
    case 'chars':
      return expression.set.some(([first, last]) => first <= point && point <= last) ? empty : never
    case 'sequence': {
      const [first = empty, ...others] = expression.items
      const rest = sequence(...others)
      const own = sequence(after(first, point), rest)
      return isNullable(first) && others.length > 0 ? distinct(own, after(rest, point)) : own
    }
    case 'choice':
      return distinct(...expression.options.map((option) => after(option, point)))
    case 'repeat': {
      const { item, min, max } = expression
      return sequence(after(item, point), repeat(item, Math.max(0, min - 1), typeof max === 'number' ? max - 1 : max))
    }
    case 'rule':
      return never
  }
}

/** A choice in which nothing stands twice, or it would grow with every character. */
function distinct(...options: readonly Expression[]): Expression {
  const flat = options.flatMap((option) => (option.kind === 'choice' ? option.options : [option]))
  return choice(...new Map(flat.map((option) => [JSON.stringify(option), option])).values())
}
