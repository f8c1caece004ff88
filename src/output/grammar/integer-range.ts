import { charSet } from './char-set.js'
import { chars, choice, type Expression, never, optional, repeat, sequence, text } from './expression.js'

export const digit: Expression = chars(charSet(['0', '9']))
/** Integers of so many digits are exact in JavaScript. */
const mostDigits = 15

/** Integers from `min` to `max`, both included and either of them infinite, as JSON writes them. */
export function integerRange(min: number, max: number): Expression {
  if (min > max) return never
  if (min === -Infinity && max === Infinity) return sequence(optional(text('-')), naturals(0, Infinity))
  const options: Expression[] = []
  if (min < 0) options.push(sequence(text('-'), naturals(max < 0 ? -max : 1, -min)))
  if (max >= 0) options.push(naturals(Math.max(0, min), max))
  return choice(...options)
}

/** Natural numbers without leading zeros. */
function naturals(min: number, max: number): Expression {
  if (max === Infinity) {
    const length = toDigits(min).length
    const longer = sequence(chars(charSet(['1', '9'])), repeat(digit, length, Math.max(length, mostDigits - 1)))
    return choice(sameLength(toDigits(min), '9'.repeat(length)), longer)
  }
  const options: Expression[] = []
  const low = toDigits(min)
  const high = toDigits(max)
  for (let length = low.length; length <= high.length; length++) {
    const least = length === low.length ? low : `1${'0'.repeat(length - 1)}`
    const most = length === high.length ? high : '9'.repeat(length)
    options.push(sameLength(least, most))
  }
  return choice(...options)
}

/** Digits from `low` to `high`, which are of the same length. */
function sameLength(low: string, high: string): Expression {
  if (low === high) return text(low)
  let common = 0
  while (low[common] === high[common]) common++
  return sequence(text(low.slice(0, common)), differing(low.slice(common), high.slice(common)))
}

/** As {@link sameLength}, where the first digits differ. */
function differing(low: string, high: string): Expression {
  const rest = low.length - 1
  const any = repeat(digit, rest, rest)
  if (rest === 0) return digits(low, high)
  const options: Expression[] = []
  const isLowOpen = /^0*$/.test(low.slice(1))
  const isHighOpen = /^9*$/.test(high.slice(1))
  const first = isLowOpen ? Number(low[0]) : Number(low[0]) + 1
  const last = isHighOpen ? Number(high[0]) : Number(high[0]) - 1
  if (!isLowOpen) options.push(sequence(text(low[0] as string), sameLength(low.slice(1), '9'.repeat(rest))))
  if (first <= last) options.push(sequence(digits(String(first), String(last)), any))
  if (!isHighOpen) options.push(sequence(text(high[0] as string), sameLength('0'.repeat(rest), high.slice(1))))
  return choice(...options)
}

function digits(first: string, last: string): Expression {
  return first === last ? text(first) : chars(charSet([first, last]))
}

function toDigits(value: number): string {
  return value === 0 ? '0' : BigInt(value).toString()
}
