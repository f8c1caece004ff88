import { charSet } from './char-set.js'
import { chars, choice, empty, type Expression, never, optional, repeat, sequence, text } from './expression.js'
import { digit, integerRange } from './integer-range.js'

/** Ends of a range of numbers; infinite where it is open. */
export interface NumberRange {
  readonly min: number
  readonly max: number
  readonly excludesMin: boolean
  readonly excludesMax: boolean
  /** How many digits there may be after the point. @defaultValue as many as a double tells apart */
  readonly decimals?: number
}

/** A double tells so many digits apart, before and after the point together. */
const mostDigits = 15

/** Numbers of a range, as JSON writes them; with an exponent only where there are no limits. */
export function numberRange({ min, max, excludesMin, excludesMax, decimals: places }: NumberRange): Expression {
  if (min === -Infinity && max === Infinity) {
    const exponent = sequence(chars(charSet('e', 'E')), optional(chars(charSet('+', '-'))), repeat(digit, 1, 2))
    return sequence(integerRange(-Infinity, Infinity), optional(decimals()), optional(exponent))
  }
  const options: Expression[] = []
  // Negative numbers are the positive ones with their limits exchanged.
  if (min < 0) {
    const from = max < 0 ? { digits: toDecimal(-max), isExcluded: excludesMax } : { digits: '0', isExcluded: true }
    options.push(sequence(text('-'), positives(from, { digits: toDecimal(-min), isExcluded: excludesMin }, places)))
  }
  if (max > 0 || (max === 0 && !excludesMax && min <= 0)) {
    const from = min >= 0 ? { digits: toDecimal(min), isExcluded: excludesMin } : { digits: '0', isExcluded: false }
    options.push(positives(from, { digits: toDecimal(max), isExcluded: excludesMax }, places))
  }
  return choice(...options)
}

interface Limit {
  /** In decimal notation, without a sign; `Infinity` where there is none. */
  readonly digits: string
  readonly isExcluded: boolean
}

const decimals = (places = mostDigits): Expression => sequence(text('.'), repeat(digit, 1, places))

/** Numbers from `low` to `high`, both of them zero or more. */
function positives(low: Limit, high: Limit, places: number | undefined): Expression {
  const [lowWhole, lowDecimals = ''] = low.digits.split('.') as [string, string?]
  const [highWhole, highDecimals = ''] = high.digits.split('.') as [string, string?]
  const lowInteger = Number(lowWhole)
  const highInteger = high.digits === 'Infinity' ? Infinity : Number(highWhole)
  const lower = { digits: lowDecimals, isExcluded: low.isExcluded }
  const upper = { digits: highDecimals, isExcluded: high.isExcluded }
  if (lowInteger > highInteger) return never
  if (lowInteger === highInteger) return sequence(text(lowWhole), fraction(lower, upper, lowWhole, places))
  const options = [sequence(text(lowWhole), fraction(lower, undefined, lowWhole, places))]
  if (lowInteger + 1 <= highInteger - 1) {
    options.push(sequence(integerRange(lowInteger + 1, highInteger - 1), optional(decimals(places))))
  }
  if (highInteger !== Infinity) options.push(sequence(text(highWhole), fraction(undefined, upper, highWhole, places)))
  return choice(...options)
}

/** What may follow the whole number: nothing, or a point and digits, compared as decimals are. */
function fraction(
  low: Limit | undefined,
  high: Limit | undefined,
  whole: string,
  places: number | undefined,
): Expression {
  const isZero = (limit: Limit | undefined): boolean => limit !== undefined && limit.digits === ''
  const allowsNone = low === undefined || (isZero(low) && !low.isExcluded)
  const none = allowsNone && !(isZero(high) && high?.isExcluded === true) ? empty : never
  const given = Math.max(low?.digits.length ?? 0, high?.digits.length ?? 0)
  const most = places ?? Math.max(given, mostDigits - whole.length)
  return choice(none, sequence(text('.'), decimalsBetween(low, high, most)))
}

/** One digit or more; `undefined`: it is within that limit whatever follows. */
function decimalsBetween(low: Limit | undefined, high: Limit | undefined, left: number): Expression {
  if (left === 0) return never
  if (low?.digits === '' && !low.isExcluded) return decimalsBetween(undefined, high, left)
  if (low === undefined && high === undefined) return repeat(digit, 1, left)
  const lowDigit = low === undefined ? -1 : Number(low.digits[0] ?? 0)
  const highDigit = high === undefined ? 10 : Number(high.digits[0] ?? 0)
  const options: Expression[] = []
  const add = (value: number, nextLow: Limit | undefined, nextHigh: Limit | undefined): void => {
    const isEnough = nextLow === undefined || (nextLow.digits === '' && !nextLow.isExcluded)
    const isNotTooMuch = nextHigh === undefined || nextHigh.digits !== '' || !nextHigh.isExcluded
    const end = isEnough && isNotTooMuch ? empty : never
    options.push(sequence(text(String(value)), choice(end, decimalsBetween(nextLow, nextHigh, left - 1))))
  }
  if (low !== undefined && lowDigit < highDigit) add(lowDigit, rest(low), undefined)
  if (low !== undefined && high !== undefined && lowDigit === highDigit) add(lowDigit, rest(low), rest(high))
  const [first, last] = [lowDigit + 1, highDigit - 1]
  if (first <= last) {
    options.push(sequence(chars(charSet([String(first), String(last)])), repeat(digit, 0, left - 1)))
  }
  if (high !== undefined && lowDigit < highDigit) add(highDigit, undefined, rest(high))
  return choice(...options)
}

function rest({ digits, isExcluded }: Limit): Limit {
  return { digits: digits.slice(1), isExcluded }
}

/** Without an exponent. */
function toDecimal(value: number): string {
  const written = String(value)
  const match = /^(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(written)
  if (match === null) return written
  const [, whole = '', decimalDigits = '', exponent] = match
  const shift = Number(exponent)
  if (shift < 0) return `0.${'0'.repeat(-shift - 1)}${whole}${decimalDigits}`
  return `${whole}${decimalDigits.padEnd(shift, '0')}`
}
