/** A grammar in GBNF, read without llama.cpp: what it accepts, and texts that it makes. */
export class Gbnf {
  readonly #rules = new Map<string, Node>()
  readonly #heights = new Map<string, number>()

  /** @throws Error when it is no grammar. */
  constructor(grammar: string) {
    for (const line of grammar.split('\n').filter((each) => each !== '')) {
      const [, name = '', body = ''] = /^([a-z0-9-]+) ::= (.*)$/.exec(line) ?? fail(`no rule: ${line}`)
      this.#rules.set(name, new Parser(body).parse())
    }
    for (let isChanged = true; isChanged;) {
      isChanged = false
      for (const [name, node] of this.#rules) {
        const height = 1 + this.#height(node)
        isChanged ||= height < (this.#heights.get(name) ?? Infinity)
        this.#heights.set(name, Math.min(height, this.#heights.get(name) ?? Infinity))
      }
    }
    if (this.#heights.get('root') === Infinity) fail('the grammar has no text')
  }

  /** Whether the whole text is one of the grammar's. */
  accepts(text: string): boolean {
    const characters = Array.from(text, (character) => character.codePointAt(0) as number)
    return this.#ends({ kind: 'rule', name: 'root' }, 0, characters, new Map()).has(characters.length)
  }

  /** A text of the grammar. @param random - Numbers from 0 to 1, 1 not included. */
  write(random: () => number): string {
    return this.#write({ kind: 'rule', name: 'root' }, random, 0)
  }

  #rule(name: string): Node {
    return this.#rules.get(name) ?? fail(`no rule is named ${name}`)
  }

  #height(node: Node): number {
    switch (node.kind) {
      case 'chars':
        return 0
      case 'rule':
        this.#rule(node.name)
        return this.#heights.get(node.name) ?? Infinity
      case 'sequence':
        return Math.max(0, ...node.items.map((item) => this.#height(item)))
      case 'choice':
        return Math.min(...node.options.map((option) => this.#height(option)))
      case 'repeat':
        return node.min === 0 ? 0 : this.#height(node.item)
    }
  }

  /** Where the texts of `node` that begin at `from` end. */
  #ends(
    node: Node,
    from: number,
    text: readonly number[],
    known: Map<string, ReadonlySet<number>>,
  ): ReadonlySet<number> {
    const after = (item: Node, starts: Iterable<number>): Set<number> =>
      new Set([...starts].flatMap((start) => [...this.#ends(item, start, text, known)]))
    switch (node.kind) {
      case 'chars': {
        const next = text[from]
        return new Set(
          next !== undefined && node.ranges.some(([low, high]) => low <= next && next <= high) ? [from + 1] : [],
        )
      }
      case 'rule': {
        const key = `${node.name} ${from}`
        const found = known.get(key) ?? this.#ends(this.#rule(node.name), from, text, known)
        known.set(key, found)
        return found
      }
      case 'sequence':
        return node.items.reduce<ReadonlySet<number>>((starts, item) => after(item, starts), new Set([from]))
      case 'choice':
        return new Set(node.options.flatMap((option) => [...this.#ends(option, from, text, known)]))
      case 'repeat': {
        let starts: ReadonlySet<number> = new Set([from])
        const all = new Set<number>(node.min === 0 ? starts : [])
        for (let times = 1; times <= node.max && starts.size > 0; times++) {
          starts = after(node.item, starts)
          if (times >= node.min) for (const each of starts) all.add(each)
        }
        return all
      }
    }
  }

  #write(node: Node, random: () => number, depth: number): string {
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
    switch (node.kind) {
      case 'chars': {
        const [low, high] = pick(node.ranges)
        return String.fromCodePoint(low + Math.floor(random() * Math.min(high - low + 1, 512)))
      }
      case 'rule':
        return this.#write(this.#rule(node.name), random, depth + 1)
      case 'sequence':
        return node.items.map((item) => this.#write(item, random, depth)).join('')
      case 'choice': {
        const least = Math.min(...node.options.map((option) => this.#height(option)))
        const possible = node.options.filter((option) => this.#height(option) < (depth > 12 ? least + 1 : Infinity))
        return this.#write(pick(possible), random, depth)
      }
      case 'repeat': {
        const more = depth > 12 ? 0 : Math.floor(random() * 4)
        const times = Math.min(node.max, node.min + more)
        return Array.from({ length: times }, () => this.#write(node.item, random, depth)).join('')
      }
    }
  }
}

type Node =
  | { readonly kind: 'chars'; readonly ranges: readonly (readonly [number, number])[] }
  | { readonly kind: 'rule'; readonly name: string }
  | { readonly kind: 'sequence'; readonly items: readonly Node[] }
  | { readonly kind: 'choice'; readonly options: readonly Node[] }
  | { readonly kind: 'repeat'; readonly item: Node; readonly min: number; readonly max: number }

function fail(message: string): never {
  throw new Error(`not a grammar: ${message}`)
}

const escapes: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

class Parser {
  #rest: string

  constructor(body: string) {
    this.#rest = body
  }

  parse(): Node {
    const node = this.#alternatives()
    return this.#rest === '' ? node : fail(`what does ${this.#rest} mean?`)
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    const match = pattern.exec(this.#rest)
    if (match === null) return undefined
    this.#rest = this.#rest.slice(match[0].length)
    return match
  }

  #alternatives(): Node {
    const options = [this.#sequence()]
    while (this.#take(/^\| ?/)) options.push(this.#sequence())
    return { kind: 'choice', options }
  }

  #sequence(): Node {
    const items: Node[] = []
    for (let atom = this.#atom(); atom !== undefined; atom = this.#atom()) {
      const quantifier = this.#take(/^(?:[*+?]|\{(\d+)(,?)(\d*)\})/)
      this.#take(/^ +/)
      items.push(quantifier === undefined ? atom : repeated(atom, quantifier))
    }
    return { kind: 'sequence', items }
  }

  #atom(): Node | undefined {
    const name = this.#take(/^[a-z0-9-]+/)
    if (name !== undefined) return { kind: 'rule', name: name[0] }
    if (this.#take(/^"/)) {
      const items: Node[] = []
      while (!this.#take(/^"/)) {
        const code = this.#char()
        items.push({ kind: 'chars', ranges: [[code, code]] })
      }
      return { kind: 'sequence', items }
    }
    if (this.#take(/^\(/)) {
      const inside = this.#alternatives()
      return this.#take(/^\)/) ? inside : fail('a group is not closed')
    }
    if (!this.#take(/^\[/)) return undefined
    const ranges: [number, number][] = []
    while (!this.#take(/^\]/)) {
      const low = this.#char()
      ranges.push([low, this.#take(/^-(?!\])/) ? this.#char() : low])
    }
    return { kind: 'chars', ranges }
  }

  #char(): number {
    const escape = this.#take(/^\\(.)/su)?.[1]
    if (escape === undefined) return (this.#take(/^./su)?.[0] ?? fail('a text is not closed')).codePointAt(0) as number
    const length = escapes[escape]
    if (length !== undefined)
      return Number.parseInt(this.#take(new RegExp(`^[0-9A-F]{${length}}`))?.[0] ?? fail(escape), 16)
    return { n: 10, r: 13, t: 9 }[escape] ?? (escape.codePointAt(0) as number)
  }
}

function repeated(item: Node, [written, min, comma, max]: RegExpExecArray): Node {
  if (min === undefined)
    return { kind: 'repeat', item, min: written === '+' ? 1 : 0, max: written === '?' ? 1 : Infinity }
  const least = Number(min)
  const most = comma === '' ? least : max === '' ? Infinity : Number(max)
  if (least >= 2000 || (most !== Infinity && most >= 2000)) fail('llama.cpp repeats less than 2000 times')
  return { kind: 'repeat', item, min: least, max: most }
}
