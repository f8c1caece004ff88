/**
 * How Python writes values. Xinference is a Python program, and its answers carry Python's own spelling: the spaces of
 * `json.dumps` in the events of a stream, `repr` of a list in a sentence, type names in validation errors.
 */

/** As `json.dumps(value, ensure_ascii=False)`. Members that are `undefined` are left out. */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const members: string[] = []
    for (const [key, member] of Object.entries(value)) {
      if (member !== undefined) members.push(`${JSON.stringify(key)}: ${pythonJson(member)}`)
    }
    return `{${members.join(', ')}}`
  }
  return JSON.stringify(value)
}

/** As `json.dumps(value)`, which leaves nothing but printable ASCII. */
export function pythonAsciiJson(value: unknown): string {
  return pythonJson(value).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** As `repr(text)`, for text of printable characters. */
export function pythonRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  return quote + text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`) + quote
}

/** As `repr` of a list of strings. */
export function pythonList(texts: readonly string[]): string {
  return `[${texts.map(pythonRepr).join(', ')}]`
}

/** As `type(value).__name__` of what `json.loads` makes of it. */
export function pythonTypeName(value: unknown): string {
  if (value === null) return 'NoneType'
  if (Array.isArray(value)) return 'list'
  switch (typeof value) {
    case 'string':
      return 'str'
    case 'boolean':
      return 'bool'
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float'
    default:
      return 'dict'
  }
}
