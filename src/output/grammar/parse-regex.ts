import { anyChar, charSet, type CharSet, complement, difference, union } from './char-set.js'
import { notExpressible } from './not-expressible.js'

/** A regular expression as it is written. */
export type Regex =
  | { readonly kind: 'chars'; readonly set: CharSet }
  | { readonly kind: 'anchor'; readonly at: 'start' | 'end' }
  | { readonly kind: 'sequence'; readonly items: readonly Regex[] }
  | { readonly kind: 'choice'; readonly options: readonly Regex[] }
  | { readonly kind: 'repeat'; readonly item: Regex; readonly min: number; readonly max: number }

const digits = charSet(['0', '9'])
const wordChars = charSet(['0', '9'], ['a', 'z'], ['A', 'Z'], '_')
const spaces = charSet(
  ['\t', '\r'],
  ' ',
  '\u00a0',
  '\u1680',
  ['\u2000', '\u200a'],
  '\u2028',
  '\u2029',
  '\u202f',
  '\u205f',
  '\u3000',
  '\ufeff',
)
const lineEnds = charSet('\n', '\r', '\u2028', '\u2029')
const classEscapes: Readonly<Record<string, CharSet>> = {
  d: digits,
  D: complement(digits),
  w: wordChars,
  W: complement(wordChars),
  s: spaces,
  S: complement(spaces),
}
const controlEscapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', v: '\v', f: '\f', r: '\r', '0': '\0' }

/**
 * Reads a regular expression of JavaScript with the flag `u`. It must be one: `new RegExp` says better what is wrong.
 *
 * @throws UnsupportedOptionError `UNSUPPORTED_OPTION` for what is more than a regular language, such as references.
 */
export function parseRegex(pattern: string): Regex {
  return new RegexParser(pattern).parse()
}

class RegexParser {
  readonly #pattern: string
  readonly #chars: readonly string[]
  #position = 0

  constructor(pattern: string) {
    this.#pattern = pattern
    this.#chars = Array.from(pattern)
  }

  parse(): Regex {
    return this.#alternatives()
  }

  get #next(): string | undefined {
    return this.#chars[this.#position]
  }

  #take(): string {
    return this.#chars[this.#position++] as string
  }

  /** Takes `text` if it comes next. */
  #eat(text: string): boolean {
    if (!this.#startsWith(text)) return false
    this.#position += text.length
    return true
  }

  #startsWith(text: string): boolean {
    return this.#chars.slice(this.#position, this.#position + text.length).join('') === text
  }

  #alternatives(): Regex {
    const options = [this.#sequence()]
    while (this.#eat('|')) options.push(this.#sequence())
    const [only] = options
    return options.length === 1 && only !== undefined ? only : { kind: 'choice', options }
  }

  #sequence(): Regex {
    const items: Regex[] = []
    while (this.#next !== undefined && this.#next !== '|' && this.#next !== ')')
      items.push(this.#quantified(this.#atom()))
    const [only] = items
    return items.length === 1 && only !== undefined ? only : { kind: 'sequence', items }
  }

  #quantified(item: Regex): Regex {
    const times = this.#quantifier()
    if (times === undefined) return item
    // Lazy or not, it is the same text in the end.
    this.#eat('?')
    return { kind: 'repeat', item, ...times }
  }

  #quantifier(): { readonly min: number; readonly max: number } | undefined {
    if (this.#eat('*')) return { min: 0, max: Infinity }
    if (this.#eat('+')) return { min: 1, max: Infinity }
    if (this.#eat('?')) return { min: 0, max: 1 }
    if (!this.#eat('{')) return undefined
    const [min = '0', max = min] = this.#until('}').split(',')
    return { min: Number(min), max: max === '' ? Infinity : Number(max) }
  }

  #until(end: string): string {
    const from = this.#position
    while (this.#next !== end) this.#position++
    const text = this.#chars.slice(from, this.#position).join('')
    this.#position++
    return text
  }

  #atom(): Regex {
    const character = this.#take()
    switch (character) {
      case '^':
        return { kind: 'anchor', at: 'start' }
      case '$':
        return { kind: 'anchor', at: 'end' }
      case '.':
        return { kind: 'chars', set: complement(lineEnds) }
      case '(':
        return this.#group()
      case '[':
        return { kind: 'chars', set: this.#class() }
      case '\\':
        if (this.#next === 'b' || this.#next === 'B') throw this.#refuse(`\\${this.#next}`, 'a word boundary')
        if (/[1-9k]/.test(this.#next ?? '')) throw this.#refuse(`\\${this.#next}`, 'a reference to a group')
        return { kind: 'chars', set: this.#escape() }
      default:
        return { kind: 'chars', set: charSet(character) }
    }
  }

  #group(): Regex {
    if (this.#eat('?')) {
      if (this.#startsWith('=') || this.#startsWith('!')) throw this.#refuse(`(?${this.#next}`, 'a lookahead')
      if (this.#startsWith('<=') || this.#startsWith('<!')) throw this.#refuse('(?<', 'a lookbehind')
      if (this.#eat('<')) this.#until('>')
      else if (!this.#eat(':')) throw this.#refuse(`(?${this.#next}`, 'a modifier')
    }
    const inside = this.#alternatives()
    this.#position++
    return inside
  }

  #class(): CharSet {
    const isNegated = this.#eat('^')
    const sets: CharSet[] = []
    while (!this.#eat(']')) {
      const first = this.#classMember()
      const isRange = this.#next === '-' && this.#chars[this.#position + 1] !== ']'
      if (isRange && isSingle(first)) {
        this.#position++
        const last = this.#classMember()
        sets.push([[first[0][0], last[0]?.[1] ?? 0]])
      } else sets.push(first)
    }
    const set = union(...sets)
    return isNegated ? difference(anyChar, set) : set
  }

  #classMember(): CharSet {
    const character = this.#take()
    if (character !== '\\') return charSet(character)
    if (this.#eat('b')) return charSet('\b')
    return this.#escape()
  }

  /** After the backslash. */
  #escape(): CharSet {
    const character = this.#take()
    const set = classEscapes[character]
    if (set !== undefined) return set
    if (character === 'p' || character === 'P') {
      this.#position++
      return propertySet(`\\${character}{${this.#until('}')}}`)
    }
    if (character === 'c') return singleton((this.#take().codePointAt(0) as number) % 32)
    if (character === 'x') return singleton(this.#hex(2))
    if (character === 'u') return singleton(this.#unicodeEscape())
    return charSet(controlEscapes[character] ?? character)
  }

  #unicodeEscape(): number {
    if (this.#eat('{')) return Number.parseInt(this.#until('}'), 16)
    const unit = this.#hex(4)
    if (unit < 0xd800 || unit > 0xdbff || !this.#startsWith('\\u')) return unit
    const from = this.#position
    this.#position += 2
    const low = this.#hex(4)
    if (low >= 0xdc00 && low <= 0xdfff) return (unit - 0xd800) * 0x400 + (low - 0xdc00) + 0x10000
    this.#position = from
    return unit
  }

  #hex(length: number): number {
    const text = this.#chars.slice(this.#position, this.#position + length).join('')
    this.#position += length
    return Number.parseInt(text, 16)
  }

  #refuse(written: string, name: string): Error {
    return notExpressible(
      'pattern',
      `${name} (${written}) in the regular expression ${this.#pattern}`,
      'because a grammar reads a text once from left to right; write the pattern without it',
    )
  }
}

function singleton(codePoint: number): CharSet {
  return [[codePoint, codePoint]]
}

function isSingle(set: CharSet): set is readonly [readonly [number, number]] {
  return set.length === 1 && set[0]?.[0] === set[0]?.[1]
}

const propertySets = new Map<string, CharSet>()

/** The characters of `\p{...}`, asked of the engine that knows Unicode. */
function propertySet(escape: string): CharSet {
  let set = propertySets.get(escape)
  if (set === undefined) {
    const test = new RegExp(`^${escape}$`, 'u')
    const ranges: [number, number][] = []
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
      if (!test.test(String.fromCodePoint(codePoint))) continue
      const last = ranges.at(-1)
      if (last !== undefined && last[1] === codePoint - 1) last[1] = codePoint
      else ranges.push([codePoint, codePoint])
    }
    propertySets.set(escape, (set = ranges))
  }
  return set
}
