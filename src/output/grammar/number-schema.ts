import { charSet } from './char-set.js'
import { chars, choice, type Expression, optional, repeat, sequence, text } from './expression.js'
import { integerRange, digit } from './integer-range.js'
import { notExpressible } from './not-expressible.js'
import { numberRange } from './number-range.js'
import { child, type Pointer, pointerName, type SchemaObject } from './schema-reference.js'

interface Limits {
  readonly min: number
  readonly max: number
  readonly excludesMin: boolean
  readonly excludesMax: boolean
}

/** So many multiples are listed. */
const mostMultiples = 1000
const mostMultipleDigits = 10
const formatLimit = 2 ** 31

/** Numbers of a schema, as JSON writes them. @throws UnsupportedOptionError `UNSUPPORTED_OPTION` for some `multipleOf`. */
export function numberSchema(type: 'integer' | 'number', schema: SchemaObject, at: Pointer): Expression {
  const { multipleOf: step } = schema as { readonly multipleOf?: number }
  const limits = readLimits(schema)
  const isWhole = type === 'integer' || schema['format'] === 'int32' || schema['format'] === 'int64'
  if (step !== undefined && !(step === 1 && isWhole)) return multiples(step, isWhole, limits, at)
  return isWhole ? integers(limits) : numberRange(limits)
}

function readLimits({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, format }: SchemaObject): Limits {
  const [least, most] = format === 'int32' ? [-formatLimit, formatLimit - 1] : [-Infinity, Infinity]
  const [above, below] = [exclusiveMinimum ?? -Infinity, exclusiveMaximum ?? Infinity] as [number, number]
  const min = Math.max(least, (minimum ?? -Infinity) as number, above)
  const max = Math.min(most, (maximum ?? Infinity) as number, below)
  return { min, max, excludesMin: exclusiveMinimum === min, excludesMax: exclusiveMaximum === max }
}

function integers({ min, max, excludesMin, excludesMax }: Limits): Expression {
  return integerRange(
    excludesMin ? Math.floor(min) + 1 : Math.ceil(min),
    excludesMax ? Math.ceil(max) - 1 : Math.floor(max),
  )
}

function multiples(step: number, isWhole: boolean, limits: Limits, at: Pointer): Expression {
  const { min, max, excludesMin, excludesMax } = limits
  if ((max - min) / step <= mostMultiples) {
    const found: string[] = []
    for (let times = Math.ceil(min / step - 1e-6); times <= max / step + 1e-6; times++) {
      const value = Number((times * step).toPrecision(12))
      const isInside = (excludesMin ? value > min : value >= min) && (excludesMax ? value < max : value <= max)
      if (isInside && (!isWhole || Number.isInteger(value))) found.push(value === 0 ? '0' : JSON.stringify(value))
    }
    if (!found.some((each) => each.includes('e'))) return choice(...found.map(text))
  }
  const places = Math.round(-Math.log10(step))
  const isTenth = places > 0 && places <= 6 && Number(`1e-${places}`) === step
  if (isTenth) return isWhole ? integers(limits) : decimalNumbers(limits, places)
  const isFree = min === -Infinity && max === Infinity
  if (isFree && Number.isInteger(step) && 1000 % step === 0) return endings(step)
  if (step === 1) return integers(limits)
  throw notExpressible(
    'multipleOf',
    `multipleOf at ${pointerName(child(at, 'multipleOf'))}`,
    `because a grammar does not calculate; it can list ${mostMultiples} multiples between limits, and say 0.1, 0.01 and so on, and divisors of 1000 without limits`,
  )
}

/** With so few digits that division says whether they are multiples. */
function decimalNumbers({ min, max, excludesMin, excludesMax }: Limits, decimals: number): Expression {
  const most = 10 ** (mostMultipleDigits - decimals)
  return numberRange({
    min: Math.max(min, -most),
    max: Math.min(max, most),
    excludesMin: excludesMin || min < -most,
    excludesMax: excludesMax || max > most,
    decimals,
  })
}

/** Multiples of a divisor of 1000: those of less than four digits, and what ends as they do. */
function endings(step: number): Expression {
  const small = Array.from({ length: Math.floor(999 / step) + 1 }, (_, times) => String(times * step))
  const [zero = '0', ...others] = small
  const long = sequence(
    chars(charSet(['1', '9'])),
    repeat(digit, 0, 8),
    choice(...small.map((each) => text(each.padStart(3, '0')))),
  )
  return choice(text(zero), sequence(optional(text('-')), choice(...others.map(text), long)))
}
