import { chars, type Expression, never, repeat } from './expression.js'
import { fitLength } from './fit-length.js'
import { fitsKeywords } from './fits-keywords.js'
import { patternOfFormat, saysNothing } from './formats.js'
import { jsonString, writtenChars } from './json-text.js'
import { notExpressible } from './not-expressible.js'
import { noneOf, otherTexts } from './other-texts.js'
import { partialMatch, wholeMatch } from './regex-expression.js'
import { child, type Pointer, pointerName, type SchemaObject } from './schema-reference.js'
import { textLengths } from './text-lengths.js'

/** JSON strings of a schema. `onUnknownFormat`: the format says nothing here. */
export function stringSchema(schema: SchemaObject, at: Pointer, onUnknownFormat: (format: string) => void): Expression {
  const { minLength: min = 0, maxLength: max } = schema as { readonly minLength?: number; readonly maxLength?: number }
  if (max !== undefined && min > max) return never
  const others = (schema[otherTexts] ?? []) as readonly string[]
  const content = contentOf(schema, onUnknownFormat)
  if (content !== undefined) {
    const excluded = others.find((each) => fitsKeywords(each, { ...schema, [otherTexts]: [] }))
    if (excluded === undefined) return jsonString(withLength(content, min, max, at))
    throw notExpressible(
      'not',
      `the exception ${JSON.stringify(excluded)} from a pattern or format at ${pointerName(at)}`,
      'because a grammar cannot leave a text out of what a pattern matches',
    )
  }
  if (others.length > 0) return jsonString(withLength(noneOf(others), min, max, at))
  return jsonString(repeat(chars(writtenChars), min, max ?? 'characters'))
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
  if (!saysNothing(format)) onUnknownFormat(format)
  return undefined
}

function withLength(content: Expression, min: number, max: number | undefined, at: Pointer): Expression {
  const fitting = fitLength(content, min, max ?? Infinity)
  if (fitting !== undefined) return fitting
  const keyword = textLengths(content).min < min ? 'minLength' : 'maxLength'
  throw notExpressible(
    keyword,
    `${keyword} beside a pattern or format at ${pointerName(child(at, keyword))}`,
    'because no repetitions in it make such a length; say the length in the pattern',
  )
}
