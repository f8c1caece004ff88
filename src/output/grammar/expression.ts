import { isDeepStrictEqual } from 'node:util'

import type { CharSet } from './char-set.js'

/**
 * How often something may be repeated where nobody said how often: chosen when the grammar is written. `items` are those
 * after the first one.
 */
export type OpenBound = 'characters' | 'items'

/** A set of texts, as a grammar writes it down. */
export type Expression =
  | { readonly kind: 'text'; readonly text: string }
  /** One character of the set. */
  | { readonly kind: 'chars'; readonly set: CharSet }
  | { readonly kind: 'sequence'; readonly items: readonly Expression[] }
  /** Without options it matches nothing, not even the empty text. */
  | { readonly kind: 'choice'; readonly options: readonly Expression[] }
  | {
      readonly kind: 'repeat'
      readonly item: Expression
      readonly min: number
      readonly max: number | OpenBound
    }
  | { readonly kind: 'rule'; readonly name: string }

export const empty: Expression = { kind: 'text', text: '' }
export const never: Expression = { kind: 'choice', options: [] }

export function text(value: string): Expression {
  return { kind: 'text', text: value }
}

export function chars(set: CharSet): Expression {
  return set.length === 0 ? never : { kind: 'chars', set }
}

export function rule(name: string): Expression {
  return { kind: 'rule', name }
}

/** One after the other. */
export function sequence(...items: readonly Expression[]): Expression {
  if (items.some(isNever)) return never
  const joined: Expression[] = []
  for (const item of items.flatMap((each) => (each.kind === 'sequence' ? each.items : [each]))) {
    const before = joined.at(-1)
    const both = before === undefined ? undefined : adjoined(before, item)
    if (both !== undefined) joined[joined.length - 1] = both
    else if (item.kind !== 'text' || item.text !== '') joined.push(item)
  }
  const [only] = joined
  return joined.length > 1 ? { kind: 'sequence', items: joined } : (only ?? empty)
}

/** Two neighbours as one: texts, and repetitions of the same, between which a text could be divided in many ways. */
function adjoined(one: Expression, other: Expression): Expression | undefined {
  if (one.kind === 'text' && other.kind === 'text') return text(one.text + other.text)
  if (one.kind !== 'repeat' || other.kind !== 'repeat' || !isDeepStrictEqual(one.item, other.item)) return undefined
  if (one.max === 'items' || other.max === 'items') return undefined
  const max = typeof one.max === 'number' && typeof other.max === 'number' ? one.max + other.max : 'characters'
  return { ...one, min: one.min + other.min, max }
}

/** Any one of them. */
export function choice(...options: readonly Expression[]): Expression {
  const flat = options.flatMap((option) => (option.kind === 'choice' ? option.options : [option]))
  const [only] = flat
  return flat.length === 1 && only !== undefined ? only : { kind: 'choice', options: flat }
}

/** From `min` to `max` times. */
export function repeat(item: Expression, min: number, max: number | OpenBound): Expression {
  if (max === 0) return empty
  if (isNever(item)) return min === 0 ? empty : never
  if (item.kind === 'text' && item.text === '') return empty
  if (min === 1 && max === 1) return item
  const flat = item.kind === 'repeat' ? flattened(item, min, max) : undefined
  if (flat !== undefined) return flat
  // A grammar must not repeat what may be empty: it would never get on.
  if (isNullable(item)) return repeat(nonEmpty(item), 0, max)
  return { kind: 'repeat', item, min, max }
}

/** A repetition of a repetition as one, where it can be any number of times in between. */
function flattened(
  { item, min, max }: Extract<Expression, { readonly kind: 'repeat' }>,
  times: number,
  mostTimes: number | OpenBound,
): Expression | undefined {
  if (max === 'items' || mostTimes === 'items') return undefined
  const [most, outerMost] = [max, mostTimes].map((bound) => (bound === 'characters' ? Infinity : bound)) as [
    number,
    number,
  ]
  const hasGaps = times !== outerMost && (times + 1) * min > (times === 0 ? 0 : times * most) + 1
  if (hasGaps) return undefined
  const product = most * outerMost
  return { kind: 'repeat', item, min: times * min, max: product === Infinity ? 'characters' : product }
}

export function optional(item: Expression): Expression {
  return repeat(item, 0, 1)
}

export function isNever(expression: Expression): boolean {
  return expression.kind === 'choice' && expression.options.length === 0
}

/** Whether it has the empty text. No rule that is repeated has it: that is an invariant of who makes them. */
export function isNullable(expression: Expression): boolean {
  switch (expression.kind) {
    case 'text':
      return expression.text === ''
    case 'chars':
    case 'rule':
      return false
    case 'sequence':
      return expression.items.every(isNullable)
    case 'choice':
      return expression.options.some(isNullable)
    case 'repeat':
      return expression.min === 0 || isNullable(expression.item)
  }
}

/** The same texts without the empty one. */
function nonEmpty(expression: Expression): Expression {
  if (!isNullable(expression)) return expression
  switch (expression.kind) {
    case 'sequence': {
      const [first = empty, ...others] = expression.items
      const rest = sequence(...others)
      return choice(sequence(nonEmpty(first), rest), nonEmpty(rest))
    }
    case 'choice':
      return choice(...expression.options.map(nonEmpty))
    case 'repeat': {
      const { item, min, max } = expression
      const left = typeof max === 'number' ? max - 1 : max
      return sequence(nonEmpty(item), repeat(item, Math.max(0, min - 1), left))
    }
    default:
      return never
  }
}
