import { chars, type Expression, never, repeat } from './expression.js'
import { patternOfFormat } from './formats.js'
import { jsonString, writtenChars } from './json-text.js'
import { notExpressible } from './not-expressible.js'
import { partialMatch, wholeMatch } from './regex-expression.js'
import { child, type Pointer, pointerName, type SchemaObject } from './schema-reference.js'
import { textLengths } from './text-lengths.js'

/** JSON strings of a schema. `onUnknownFormat`: the format says nothing here. */
export function stringSchema(schema: SchemaObject, at: Pointer, onUnknownFormat: (format: string) => void): Expression {
  const { minLength: min = 0, maxLength: max } = schema as { readonly minLength?: number; readonly maxLength?: number }
  if (max !== undefined && min > max) return never
  const content = contentOf(schema, onUnknownFormat)
  if (content === undefined) return jsonString(repeat(chars(writtenChars), min, max ?? 'characters'))
  return jsonString(withLength(content, min, max, at))
}

/** What `pattern` or `format` allow, if they say anything. */
function contentOf(schema: SchemaObject, onUnknownFormat: (format: string) => void): Expression | undefined {
  const { pattern, format } = schema as { readonly pattern?: string; readonly format?: string }
  const known = format === undefined ? undefined : patternOfFormat(format)
  if (pattern !== undefined) {
    try {
      return partialMatch(pattern)
    } catch (error) {
      // Who gives both (zod) says the same twice, and the format has no lookahead.
      if (known === undefined) throw error
    }
  }
  if (format === undefined) return undefined
  if (known !== undefined) return wholeMatch(known)
  onUnknownFormat(format)
  return undefined
}

function withLength(content: Expression, min: number, max: number | undefined, at: Pointer): Expression {
  const lengths = textLengths(content)
  if (lengths.min >= min && lengths.max <= (max ?? Infinity)) return content
  if (content.kind === 'repeat' && content.item.kind === 'chars') {
    const least = Math.max(min, content.min)
    const own = typeof content.max === 'number' ? content.max : Infinity
    const most = Math.min(max ?? Infinity, own)
    return least > most ? never : repeat(content.item, least, most === Infinity ? 'characters' : most)
  }
  const keyword = lengths.min < min ? 'minLength' : 'maxLength'
  throw notExpressible(
    `${keyword} beside a pattern or format at ${pointerName(child(at, keyword))}`,
    'because a grammar cannot count what a pattern matches; say the length in the pattern',
  )
}
