import { type Check, type Fields, type Issue, type Location, notAllowedNone, readFields } from './body-validation.js'
import { isRecord } from '../is-record.js'
import { pythonRepr } from './python-text.js'

/** Any value. */
export const anything: Check<unknown> = (value) => value

/** Text; numbers and booleans become text. */
export const text: Check<string> = (value, location, issues) => {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  issues.push({ location, message: 'str type expected', type: 'type_error.str' })
  return ''
}

const trueWords: ReadonlySet<unknown> = new Set([1, '1', 'on', 't', 'true', 'y', 'yes'])
const falseWords: ReadonlySet<unknown> = new Set([0, '0', 'off', 'f', 'false', 'n', 'no'])

/** A boolean, or a word for one. */
export const boolean: Check<boolean> = (value, location, issues) => {
  if (typeof value === 'boolean') return value
  const word = typeof value === 'string' ? value.toLowerCase() : value
  if (trueWords.has(word)) return true
  if (falseWords.has(word)) return false
  issues.push({ location, message: 'value could not be parsed to a boolean', type: 'type_error.bool' })
  return false
}

interface Limits {
  readonly min?: number
  readonly max?: number
}

/** A whole number; fractions are cut, text is parsed. */
export function integer(limits: Limits = {}): Check<number> {
  return (value, location, issues) => {
    const number =
      typeof value === 'number' || typeof value === 'boolean' ? Math.trunc(Number(value)) : parseWhole(value)
    if (number === undefined) {
      issues.push({ location, message: 'value is not a valid integer', type: 'type_error.integer' })
      return 0
    }
    checkLimits(number, limits, String, location, issues)
    return number
  }
}

/** A number; text is parsed. */
export function float(limits: Limits = {}): Check<number> {
  return (value, location, issues) => {
    const number = typeof value === 'number' || typeof value === 'boolean' ? Number(value) : parseNumber(value)
    if (number === undefined) {
      issues.push({ location, message: 'value is not a valid float', type: 'type_error.float' })
      return 0
    }
    checkLimits(number, limits, (limit) => limit.toFixed(1), location, issues)
    return number
  }
}

function parseWhole(value: unknown): number | undefined {
  return typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : undefined
}

function parseNumber(value: unknown): number | undefined {
  if (typeof value !== 'string' || value.trim() === '') return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

function checkLimits(
  number: number,
  { min, max }: Limits,
  print: (limit: number) => string,
  location: Location,
  issues: Issue[],
): void {
  const [limit, relation, type] =
    min !== undefined && number < min
      ? [min, 'greater', 'not_ge']
      : max !== undefined && number > max
        ? [max, 'less', 'not_le']
        : [undefined, '', '']
  if (limit === undefined) return
  const message = `ensure this value is ${relation} than or equal to ${print(limit)}`
  issues.push({ location, message, type: `value_error.number.${type}; limit_value=${print(limit)}` })
}

/** One of these words. */
export function oneOf<const Words extends readonly string[]>(...words: Words): Check<Words[number]> {
  return (value, location, issues) => {
    if (words.some((word) => word === value)) return value as Words[number]
    const permitted = words.map(pythonRepr).join(', ')
    const message = `unexpected value; permitted: ${permitted}`
    const type = `value_error.const; given=${String(value)}; permitted=(${permitted}${words.length === 1 ? ',' : ''})`
    issues.push({ location, message, type })
    return words[0] as Words[number]
  }
}

/** A list. */
export function list<T>(item: Check<T>): Check<T[]> {
  return (value, location, issues) => {
    if (!Array.isArray(value)) {
      issues.push({ location, message: 'value is not a valid list', type: 'type_error.list' })
      return []
    }
    return value.map((entry: unknown, index) => {
      const at = [...location, index]
      if (entry === null) issues.push(notAllowedNone(at))
      return item(entry ?? {}, at, entry === null ? [] : issues)
    })
  }
}

/** What Python can iterate over; the entries are not looked at, as with pydantic's `Iterable`. */
export const iterable: Check<unknown[]> = (value, location, issues) => {
  if (Array.isArray(value)) return value
  if (typeof value === 'string') return Array.from(value)
  if (isRecord(value)) return Object.keys(value)
  issues.push({ location, message: 'value is not a valid iterable', type: 'type_error.iterable' })
  return []
}

/** An object with any members. */
export const record: Check<Record<string, unknown>> = (value, location, issues) => {
  if (isRecord(value)) return value
  issues.push({ location, message: 'value is not a valid dict', type: 'type_error.dict' })
  return {}
}

/** An object with these members. */
export function object<T>(fields: Fields<T>): Check<T> {
  return (value, location, issues) =>
    isRecord(value) ? readFields(fields, value, location, issues) : (record(value, location, issues) as T)
}

/** The first of the alternatives that fits. When none does, the errors of all are listed. */
export function union<const Checks extends readonly Check<unknown>[]>(
  ...checks: Checks
): Check<ReturnType<Checks[number]>> {
  return (value, location, issues) => {
    const found: Issue[] = []
    for (const check of checks) {
      const before = found.length
      const read = check(value, location, found)
      if (found.length === before) return read as ReturnType<Checks[number]>
    }
    issues.push(...found)
    return undefined as ReturnType<Checks[number]>
  }
}
