const textOrNumber = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g
/** More digits than every JavaScript number holds. */
const longInteger = /^-?\d{16,}$/
const mayBeLong = /\d{16}/

/** Reads JSON; an integer that a number does not hold exactly becomes a `bigint`. */
export function parseExact(text: string): unknown {
  if (!mayBeLong.test(text)) return JSON.parse(text)
  // What no text in there begins with stands before the digits while they are a text.
  let mark = '#'
  while (text.includes(`"${mark}`)) mark += '#'
  const marked = text.replace(textOrNumber, (found) => (longInteger.test(found) ? `"${mark}${found}"` : found))
  return JSON.parse(marked, (_name, value: unknown) => {
    if (typeof value !== 'string' || !value.startsWith(mark)) return value
    const digits = value.slice(mark.length)
    const number = Number(digits)
    return Number.isSafeInteger(number) ? number : BigInt(digits)
  })
}

/** Writes JSON; a `bigint` becomes the integer that it is, and -0 keeps its sign. */
export function stringifyExact(value: unknown): string {
  if (!holds(value, isInexact)) return JSON.stringify(value) ?? 'null'
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number') return '-0.0'
  if (Array.isArray(value)) return `[${value.map(stringifyExact).join()}]`
  const members = Object.entries(value as object).filter(([, member]) => member !== undefined)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${stringifyExact(member)}`).join()}}`
}

/** The same with digits as text in the place of each `bigint`, for who knows JSON alone. */
export function withoutBigints(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (!holds(value, isBigint)) return value
  if (Array.isArray(value)) return value.map(withoutBigints)
  return Object.fromEntries(Object.entries(value as object).map(([name, member]) => [name, withoutBigints(member)]))
}

const isBigint = (value: unknown): boolean => typeof value === 'bigint'
const isInexact = (value: unknown): boolean => typeof value === 'bigint' || Object.is(value, -0)

function holds(value: unknown, isSuch: (value: unknown) => boolean): boolean {
  if (typeof value !== 'object' || value === null) return isSuch(value)
  if (Array.isArray(value)) return value.some((element) => holds(element, isSuch))
  for (const name in value) if (holds((value as Record<string, unknown>)[name], isSuch)) return true
  return false
}
