import { charSet, difference } from './char-set.js'
import { chars, choice, empty, type Expression, never, repeat, sequence, text } from './expression.js'
import { writtenChars } from './json-text.js'

/** The keyword, of our own, of texts that a string must not be. */
export const otherTexts = 'headrace:otherTexts'

/** All texts but these. */
export function noneOf(texts: readonly string[]): Expression {
  const followers = new Map<string, string[]>()
  for (const [first, ...rest] of texts.map((each) => Array.from(each))) {
    if (first === undefined) continue
    const list = followers.get(first) ?? []
    list.push(rest.join(''))
    followers.set(first, list)
  }
  const others = difference(writtenChars, charSet(...followers.keys()))
  return choice(
    texts.includes('') ? never : empty,
    sequence(chars(others), repeat(chars(writtenChars), 0, 'characters')),
    ...[...followers].map(([first, rest]) => sequence(text(first), noneOf(rest))),
  )
}
