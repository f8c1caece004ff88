import type { CharSet } from './char-set.js'
import type { Expression, OpenBound } from './expression.js'

/** The grammar of a text: `root`, and the rules that it names. */
export interface Grammar {
  readonly root: Expression
  readonly rules: ReadonlyMap<string, Expression>
}

export type Bounds = Readonly<Record<OpenBound, number>>

/** llama.cpp refuses a repetition of 2000 and more, and writes a rule for each time that may be left out. */
const blockLength = 64

/** The grammar in GBNF, with these bounds for what is open. */
export function writeGbnf({ root, rules }: Grammar, bounds: Bounds): string {
  const writer = new GbnfWriter(bounds)
  const lines = [`root ::= ${writer.alternatives(root)}`]
  for (const [name, expression] of rules) lines.push(`${name} ::= ${writer.alternatives(expression)}`)
  return [...lines, ...writer.parts(), ''].join('\n')
}

class GbnfWriter {
  readonly #bounds: Bounds
  /** Rules for what has no name, by their text. */
  readonly #names = new Map<string, string>()

  constructor(bounds: Bounds) {
    this.#bounds = bounds
  }

  parts(): readonly string[] {
    return [...this.#names].map(([body, name]) => `${name} ::= ${body}`)
  }

  alternatives(expression: Expression): string {
    if (expression.kind !== 'choice') return this.#member(expression)
    return expression.options.map((option) => this.#member(option)).join(' | ')
  }

  /** As a member of a sequence. */
  #member(expression: Expression): string {
    switch (expression.kind) {
      case 'text':
        return quote(expression.text)
      case 'chars':
        return writeClass(expression.set)
      case 'rule':
        return expression.name
      case 'sequence':
        return expression.items.map((item) => this.#member(item)).join(' ')
      case 'choice':
        return `(${this.alternatives(expression)})`
      case 'repeat': {
        const { item, min, max } = expression
        return this.#repeat(item, min, typeof max === 'number' ? max : Math.max(min, this.#bounds[max]))
      }
    }
  }

  #repeat(item: Expression, min: number, max: number): string {
    const single = this.#single(item)
    if (max === 1) return `${single}?`
    if (max === Infinity && min < 2) return `${single}${min === 0 ? '*' : '+'}`
    const times = max - min
    const isShort = min <= blockLength && (times === Infinity || times <= 2 * blockLength)
    if (isShort) return `${single}{${min},${max === Infinity ? '' : max}}`
    const block = this.#name(`${single}{${blockLength}}`)
    const parts: string[] = []
    if (min > 0) parts.push(`${block}{${Math.floor(min / blockLength)}}`, `${single}{${min % blockLength}}`)
    if (times === Infinity) parts.push(`${single}*`)
    else {
      const blocks = Math.max(0, Math.floor((times - blockLength + 1) / blockLength))
      parts.push(`${block}{0,${blocks}}`, `${single}{0,${times - blocks * blockLength}}`)
    }
    return parts.filter((part) => !/\{(0,)?0\}$/.test(part)).join(' ')
  }

  /** What a quantifier may stand behind. llama.cpp counts the rules inside of parentheses, and refuses many. */
  #single(expression: Expression): string {
    if (expression.kind === 'chars' || expression.kind === 'rule') return this.#member(expression)
    return this.#name(this.alternatives(expression))
  }

  #name(body: string): string {
    let name = this.#names.get(body)
    if (name === undefined) {
      name = `part-${this.#names.size + 1}`
      this.#names.set(body, name)
    }
    return name
  }
}

function quote(text: string): string {
  return `"${Array.from(text, (character) => escapeChar(character.codePointAt(0) as number)).join('')}"`
}

function writeClass(set: CharSet): string {
  const ranges = set.map(([first, last]) =>
    first === last ? escapeChar(first) : `${escapeChar(first)}-${escapeChar(last)}`,
  )
  return `[${ranges.join('')}]`
}

function escapeChar(codePoint: number): string {
  const character = String.fromCodePoint(codePoint)
  // What means something in a text or a class is written by its number.
  if (codePoint >= 0x20 && codePoint < 0x7f && !/["\\[\]^-]/.test(character)) return character
  const hex = codePoint.toString(16).toUpperCase()
  if (codePoint <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return codePoint <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}
