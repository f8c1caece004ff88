import type { RuntimeValue } from './jinja-runtime.js'

/** What Python's `str.strip` takes for white space. JavaScript's `trim` knows the byte order mark and not these controls. */
const whiteSpace = '\t\n\v\f\r\u001c-\u001f \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000'
const leadingWhiteSpace = new RegExp(`^[${whiteSpace}]+`)
const trailingWhiteSpace = new RegExp(`[${whiteSpace}]+$`)

/** Python's `strip`, `lstrip` or `rstrip`, with the characters that are taken off, white space when none are given. */
export function strip(text: string, method: 'strip' | 'lstrip' | 'rstrip', characters?: string): string {
  if (characters === undefined) {
    const start = method === 'rstrip' ? text : text.replace(leadingWhiteSpace, '')
    return method === 'lstrip' ? start : start.replace(trailingWhiteSpace, '')
  }
  const units = Array.from(text)
  let start = 0
  let end = units.length
  if (method !== 'rstrip') while (start < end && characters.includes(units[start] as string)) start++
  if (method !== 'lstrip') while (end > start && characters.includes(units[end - 1] as string)) end--
  return units.slice(start, end).join('')
}

/** What Python's `str` makes of a value: this is how a template prints it. */
export function pythonText(value: RuntimeValue): string {
  if (value.type === 'StringValue') return String(value.value)
  return value.type === 'UndefinedValue' ? '' : pythonRepr(value)
}

function pythonRepr(value: RuntimeValue): string {
  const inner = value.value
  if (value.type === 'NullValue') return 'None'
  if (typeof inner === 'string') return quote(inner)
  if (typeof inner === 'boolean') return inner ? 'True' : 'False'
  if (Array.isArray(inner)) {
    const members = (inner as readonly RuntimeValue[]).map(pythonRepr).join(', ')
    if (value.type === 'ArrayValue') return `[${members}]`
    return inner.length === 1 ? `(${members},)` : `(${members})`
  }
  if (inner instanceof Map) {
    const members = Array.from(
      inner as Map<string | number, RuntimeValue>,
      ([key, member]) => `${typeof key === 'string' ? quote(key) : key}: ${pythonRepr(member)}`,
    )
    return `{${members.join(', ')}}`
  }
  return value.toString()
}

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' }

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text.replaceAll(/[\\\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, escape)
  return mark + (mark === "'" ? escaped.replaceAll("'", "\\'") : escaped) + mark
}

function escape(character: string): string {
  const code = character.codePointAt(0) as number
  const digits = code.toString(16)
  if (code > 0xffff) return `\\U${digits.padStart(8, '0')}`
  return escapes[character] ?? (code > 0xff ? `\\u${digits.padStart(4, '0')}` : `\\x${digits.padStart(2, '0')}`)
}

/** Whether Python's `==` holds: by content, and never between text and numbers. */
export function pythonEquals(left: RuntimeValue, right: RuntimeValue): boolean {
  const [a, b] = [left.value, right.value]
  if (Array.isArray(a) && Array.isArray(b)) {
    const others: readonly RuntimeValue[] = b
    return (
      a.length === b.length &&
      a.every((member: RuntimeValue, index) => pythonEquals(member, others[index] as RuntimeValue))
    )
  }
  if (a instanceof Map && b instanceof Map) {
    const others: ReadonlyMap<unknown, RuntimeValue> = b
    return (
      a.size === b.size &&
      [...(a as ReadonlyMap<unknown, RuntimeValue>)].every(([key, member]) => {
        const other = others.get(key)
        return other !== undefined && pythonEquals(member, other)
      })
    )
  }
  // What is none and what is not defined have the same value.
  if (a === undefined || b === undefined) return left.type === right.type
  return a === b || (isNumeric(a) && isNumeric(b) && Number(a) === Number(b))
}

function isNumeric(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean'
}
