/** Digits that may be more than a JavaScript number holds; texts are passed over. */
const longNumber = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g
const mayBeLong = /\d{16}/

/** Reads JSON; an integer that a number does not hold exactly becomes a `bigint`. */
export function parseExact(text: string): unknown {
  if (!mayBeLong.test(text)) return JSON.parse(text)
  // What no text in there begins with stands before the digits while they are a text.
  let mark = '#'
  while (text.includes(`"${mark}`)) mark += '#'
  const marked = text.replace(longNumber, (found) => (found.startsWith('"') ? found : `"${mark}${found}"`))
  return JSON.parse(marked, (_name, value: unknown) => {
    if (typeof value !== 'string' || !value.startsWith(mark)) return value
    const digits = value.slice(mark.length)
    const number = Number(digits)
    return Number.isSafeInteger(number) ? number : BigInt(digits)
  })
}

/** Writes JSON; a `bigint` becomes the integer that it is. */
export function stringifyExact(value: unknown): string {
  if (!holdsBigint(value)) return JSON.stringify(value) ?? 'null'
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return `[${value.map(stringifyExact).join()}]`
  const members = Object.entries(value as object).filter(([, member]) => member !== undefined)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${stringifyExact(member)}`).join()}}`
}

/** The same with digits as text in the place of each `bigint`, for who knows JSON alone. */
export function withoutBigints(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (!holdsBigint(value)) return value
  if (Array.isArray(value)) return value.map(withoutBigints)
  return Object.fromEntries(Object.entries(value as object).map(([name, member]) => [name, withoutBigints(member)]))
}

function holdsBigint(value: unknown): boolean {
  if (typeof value === 'bigint') return true
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(holdsBigint)
  for (const name in value) if (holdsBigint((value as Record<string, unknown>)[name])) return true
  return false
}
