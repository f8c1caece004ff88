import { Environment, parse, type TemplateNode, type TemplateToken, tokenize } from './jinja-runtime.js'
import { PythonInterpreter } from './python-interpreter.js'
import { strftime } from './strftime.js'
import { tagLines } from './template-lines.js'

/** A template that cannot be read, or not be rendered with what it was given. */
export class TemplateError extends Error {
  /** The template itself refused: it called `raise_exception`. */
  readonly isRefusal: boolean
  /** The line of the template's source, from 1, when it is known. */
  readonly line: number | undefined

  constructor(cause: unknown, line: number | undefined) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.isRefusal = cause instanceof Refusal
    this.line = line
  }
}

class Refusal extends Error {}

/** Jinja, read once, in the environment in which Transformers renders chat templates. */
export class JinjaProgram {
  readonly #program: TemplateNode

  /** @throws TemplateError when it is not valid Jinja. */
  constructor(source: string) {
    let lastRead = 0
    let lines: Lines | undefined
    try {
      const tokens = tokenize(source, { lstrip_blocks: true, trim_blocks: true })
      lines = new Lines(source, tokens)
      // The parser tells no position; it reads the tokens in their order.
      const watched = new Proxy(tokens, {
        get(target, key) {
          if (typeof key === 'string' && /^\d+$/.test(key))
            lastRead = Math.max(lastRead, Math.min(Number(key), tokens.length - 1))
          return Reflect.get(target, key) as unknown
        },
      })
      const program = parse(watched)
      this.#program = { ...program, body: prepare(program['body'] as readonly TemplateNode[], lines.statements()) }
    } catch (error) {
      // The parser reads on beyond the last token of a template that is cut.
      const isCut = error instanceof TypeError
      throw new TemplateError(isCut ? 'It ends inside a block or an expression.' : error, lines?.ofToken(lastRead))
    }
  }

  /** @throws TemplateError with the template's own reason, or with what went wrong. */
  render(variables: Readonly<Record<string, unknown>>, now: Date): string {
    const environment = new Environment()
    const interpreter = new PythonInterpreter(environment)
    try {
      for (const [name, value] of Object.entries({ ...globals(now), ...variables })) environment.set(name, value)
      return String(interpreter.run(this.#program).value)
    } catch (error) {
      throw new TemplateError(error, interpreter.lineOf(error))
    }
  }
}

/** What in a source begins a node of a body, and in which line. */
interface Opening {
  readonly kind: 'text' | 'comment' | 'expression' | 'statement'
  readonly line: number | undefined
}

/** Which token of a template stands in which line. */
class Lines {
  readonly #tokens: readonly TemplateToken[]
  readonly #tagOfToken: readonly number[]
  readonly #lines: readonly number[]

  constructor(source: string, tokens: readonly TemplateToken[]) {
    let tag = -1
    this.#tokens = tokens
    this.#tagOfToken = tokens.map(({ type }) => (type === 'OpenStatement' || type === 'OpenExpression' ? ++tag : tag))
    const lines = tagLines(source)
    this.#lines = lines.length === tag + 1 ? lines : []
  }

  ofToken(index: number): number | undefined {
    return this.#lines[this.#tagOfToken[index] ?? 0]
  }

  statements(): Iterator<Opening> {
    const openings: Opening[] = []
    for (const [index, { type }] of this.#tokens.entries()) {
      const line = this.ofToken(index)
      if (type === 'Text') openings.push({ kind: 'text', line })
      else if (type === 'Comment') openings.push({ kind: 'comment', line })
      else if (type === 'OpenExpression') openings.push({ kind: 'expression', line })
      else if (type === 'OpenStatement' && !/^(?:end|else$)/.test(this.#tokens[index + 1]?.value ?? '')) {
        openings.push({ kind: 'statement', line })
      }
    }
    return openings.values()
  }
}

/** Where a node keeps the nodes inside it, in the order of the source. */
const bodies = ['body', 'alternate', 'defaultBlock']

/** Marks what is printed, and gives each statement its line: nodes come in the order of what begins them. */
function prepare(nodes: readonly TemplateNode[], openings: Iterator<Opening>): readonly TemplateNode[] {
  return nodes.map((node) => {
    const opening: Opening | undefined = openings.next().value as Opening | undefined
    if (opening?.kind === 'text' || opening?.kind === 'comment') return node
    const { line } = opening ?? {}
    if (opening?.kind === 'expression')
      return { type: 'Located', line, statement: { type: 'Output', expression: node } }
    const statement: Record<string, unknown> & { type: string } = { ...node, type: node.type }
    for (const body of bodies) {
      if (Array.isArray(node[body])) statement[body] = prepare(node[body] as readonly TemplateNode[], openings)
    }
    return { type: 'Located', line, statement }
  })
}

function globals(now: Date): Readonly<Record<string, unknown>> {
  return {
    true: true,
    True: true,
    false: false,
    False: false,
    none: null,
    None: null,
    range,
    strftime_now: (format: string) => strftime(now, format),
    raise_exception(message: unknown) {
      throw new Refusal(String(message))
    },
  }
}

/** As many numbers as Jinja's sandbox gives. */
const longestRange = 100_000

function range(first: number, second?: number, step = 1): readonly number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second]
  const length = Math.max(0, Math.ceil((stop - start) / step))
  if (!(length <= longestRange)) throw new Error(`It asks for a range of more than ${longestRange} numbers.`)
  return Array.from({ length }, (_, index) => start + index * step)
}
