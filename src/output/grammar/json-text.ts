import { anyChar, type CharSet, charSet, difference, intersection } from './char-set.js'
import { chars, choice, type Expression, repeat, sequence, text } from './expression.js'

const controls: CharSet = [[0, 0x1f]]
/** Without those that JSON writes by their number: no text has use for them. */
export const writtenChars: CharSet = difference(anyChar, [
  [0x00, 0x07],
  [0x0b, 0x0b],
  [0x0e, 0x1f],
])
/** Half of a character is no character: no model writes it, and UTF-8 has none. */
const surrogates: CharSet = [[0xd800, 0xdfff]]
/** What stands in a JSON string as it is. */
const plainChars = difference(anyChar, [...controls, ...surrogates, ...charSet('"', '\\')])
/** What has a short escape. */
const shortEscapes: readonly (readonly [string, string])[] = [
  ['"', '"'],
  ['\\', '\\'],
  ['\b', 'b'],
  ['\f', 'f'],
  ['\n', 'n'],
  ['\r', 'r'],
  ['\t', 't'],
]

/** Characters of a text, as JSON writes them inside of quotation marks. Each has one way to be written. */
function jsonChars(set: CharSet): Expression {
  const plain = chars(intersection(set, plainChars))
  const contains = (character: string): boolean => intersection(set, charSet(character)).length > 0
  const short = shortEscapes.filter(([character]) => contains(character)).map(([, letter]) => letter)
  const options = [plain]
  if (short.length > 0) options.push(sequence(text('\\'), chars(charSet(...short))))
  for (const [lead, from] of [
    ['0', 0x00],
    ['1', 0x10],
  ] as const) {
    const digits = Array.from({ length: 16 }, (_, digit) => digit).filter((digit) => {
      const character = String.fromCodePoint(from + digit)
      return contains(character) && !shortEscapes.some(([escaped]) => escaped === character)
    })
    const hex = digits.map((digit) => digit.toString(16))
    if (hex.length > 0) options.push(sequence(text(`\\u00${lead}`), chars(charSet(...hex))))
  }
  return choice(...options)
}

/** The texts of an expression without rules, as JSON strings with their quotation marks. */
export function jsonString(expression: Expression): Expression {
  return sequence(text('"'), jsonContent(expression), text('"'))
}

function jsonContent(expression: Expression): Expression {
  switch (expression.kind) {
    case 'text':
      return text(JSON.stringify(expression.text).slice(1, -1))
    case 'chars':
      return jsonChars(expression.set)
    case 'sequence':
      return sequence(...expression.items.map(jsonContent))
    case 'choice':
      return choice(...expression.options.map(jsonContent))
    case 'repeat':
      return repeat(jsonContent(expression.item), expression.min, expression.max)
    case 'rule':
      return expression
  }
}
