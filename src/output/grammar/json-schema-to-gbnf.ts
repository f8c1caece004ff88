import type { Warning } from '../../contract/response.js'
import { alternativesOf, type Alternative } from './alternatives.js'
import { arraySchema } from './array-schema.js'
import { type BoundedGrammar, type BoundsOptions, boundGrammar } from './bound-grammar.js'
import { finiteRules } from './finite-rules.js'
import { fitsKeywords } from './fits-keywords.js'
import { choice, empty, type Expression, isNever, rule, sequence, text } from './expression.js'
import { integerRange } from './integer-range.js'
import { notExpressible } from './not-expressible.js'
import { numberRange } from './number-range.js'
import { objectSchema } from './object-schema.js'
import { wholeMatch } from './regex-expression.js'
import type { SchemaContext } from './schema-context.js'
import { child, type LocatedSchema, type Pointer, pointerName, type SchemaObject } from './schema-reference.js'
import { stringSchema } from './string-schema.js'
import { isOfType, type ValueType, valueTypes } from './value-types.js'

export interface JsonGrammarOptions extends BoundsOptions {
  /** A regular expression for the white space between tokens. @defaultValue none */
  readonly whitespacePattern?: string | undefined
}

/**
 * A grammar in GBNF of the JSON texts that fit a schema, written without white space.
 *
 * What it allows fits the schema; see `docs/structured-output.md` for where it allows less. What JSON Schema only
 * describes is left out.
 *
 * @throws UnsupportedOptionError `UNSUPPORTED_OPTION` naming a keyword that no grammar can express, and where it stands.
 */
export function jsonSchemaToGbnf(schema: SchemaObject, options: JsonGrammarOptions = {}): BoundedGrammar {
  const compiler = new SchemaCompiler(schema, options.whitespacePattern)
  const finite = finiteRules({ root: compiler.value({ schema, at: '' }), rules: compiler.rules })
  if (isNever(finite.root)) {
    throw notExpressible('the schema', 'because no value fits it; see which of its keywords exclude each other')
  }
  const { grammar, warnings } = boundGrammar(finite, options)
  return { grammar, warnings: [...compiler.warnings, ...warnings] }
}

/** Keywords that no grammar can say, by the types that they speak of. */
const inexpressible: readonly (readonly [keyword: string, type: ValueType | undefined])[] = [
  ['not', undefined],
  ['if', undefined],
  ['$dynamicRef', undefined],
  ['$recursiveRef', undefined],
  ['patternProperties', 'object'],
  ['dependentRequired', 'object'],
  ['dependentSchemas', 'object'],
  ['dependencies', 'object'],
  ['uniqueItems', 'array'],
  ['contains', 'array'],
  ['multipleOf', 'number'],
  ['multipleOf', 'integer'],
]

class SchemaCompiler implements SchemaContext {
  readonly rules = new Map<string, Expression>()
  readonly warnings: Warning[] = []
  readonly comma: Expression
  readonly #document: SchemaObject
  readonly #space: Expression
  /** The rules of schemas and of shared parts, by their text. */
  readonly #known = new Map<string, Expression>()

  constructor(document: SchemaObject, whitespacePattern: string | undefined) {
    this.#document = document
    this.#space = whitespacePattern === undefined ? empty : wholeMatch(whitespacePattern)
    this.comma = sequence(text(','), this.#space)
  }

  value(located: LocatedSchema): Expression {
    const options = alternativesOf(located, this.#document, (at) => this.#warnOfOverlap(at))
    return choice(...options.map((option) => this.#alternative(option)))
  }

  pair(name: Expression, value: Expression): Expression {
    return sequence(name, this.#space, text(':'), this.#space, value)
  }

  braces(open: string, content: Expression, close: string): Expression {
    return sequence(text(open), this.#space, content, this.#space, text(close))
  }

  shared(expression: Expression): Expression {
    if (expression.kind !== 'sequence') return expression
    return this.#named(`members ${JSON.stringify(expression)}`, () => expression)
  }

  #alternative({ schema, at }: Alternative): Expression {
    const values: unknown = schema['enum']
    if (Array.isArray(values)) {
      return values.length < 4
        ? enumeration(schema)
        : this.#named(`enum ${JSON.stringify(schema)}`, () => enumeration(schema))
    }
    return choice(...valueTypes(schema).map((type) => this.#typed(type, schema, at)))
  }

  #typed(type: ValueType, schema: SchemaObject, at: Pointer): Expression {
    for (const [keyword, spokenOf] of inexpressible) {
      if ((spokenOf === undefined || spokenOf === type) && says(schema, keyword)) throw cannotSay(keyword, at)
    }
    switch (type) {
      case 'null':
        return text('null')
      case 'boolean':
        return choice(text('true'), text('false'))
      case 'integer':
      case 'number':
        return this.#named(`${type} ${limitsText(schema)}`, () => number(type, schema))
      case 'string':
        return this.#named(
          `string ${JSON.stringify(pick(schema, 'minLength', 'maxLength', 'pattern', 'format'))}`,
          () => stringSchema(schema, at, (format) => this.#warnOfFormat(format, at)),
        )
      case 'array':
        return this.#named(`array ${JSON.stringify(schema)}`, () => arraySchema(schema, at, this))
      case 'object':
        return this.#named(`object ${JSON.stringify(schema)}`, () => objectSchema(schema, at, this))
    }
  }

  /** A rule for what has this key; it may refer to itself while it is made. */
  #named(key: string, make: () => Expression): Expression {
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const name = `${key.slice(0, key.indexOf(' '))}-${this.#known.size + 1}`
    this.#known.set(key, rule(name))
    const expression = make()
    if (!isNever(expression)) this.rules.set(name, expression)
    else this.#known.set(key, expression)
    return isNever(expression) ? expression : rule(name)
  }

  #warnOfOverlap(at: Pointer): void {
    this.#warn(
      'grammar-too-wide',
      `oneOf at ${at} is written as anyOf, because its branches may fit at the same time; the answer is validated.`,
    )
  }

  #warnOfFormat(format: string, at: Pointer): void {
    this.#warn(
      'format-ignored',
      `the format ${JSON.stringify(format)} at ${child(at, 'format')} is not in the grammar.`,
    )
  }

  #warn(code: string, what: string): void {
    const message = `structuredOutput: ${what}`
    if (!this.warnings.some((warning) => warning.message === message)) this.warnings.push({ code, message })
  }
}

function enumeration(schema: SchemaObject): Expression {
  const values = schema['enum'] as readonly unknown[]
  const types = schema['type'] === undefined ? undefined : valueTypes(schema)
  const fitting = values.filter(
    (value) => (types === undefined || types.some((type) => isOfType(value, type))) && fitsKeywords(value, schema),
  )
  return choice(...fitting.map((value) => text(JSON.stringify(value))))
}

function number(type: 'integer' | 'number', schema: SchemaObject): Expression {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema as Readonly<
    Record<string, number | undefined>
  >
  const min = Math.max(minimum ?? -Infinity, exclusiveMinimum ?? -Infinity)
  const max = Math.min(maximum ?? Infinity, exclusiveMaximum ?? Infinity)
  const excludesMin = exclusiveMinimum === min
  const excludesMax = exclusiveMaximum === max
  if (type === 'number') return numberRange({ min, max, excludesMin, excludesMax })
  const least = excludesMin ? Math.floor(min) + 1 : Math.ceil(min)
  const most = excludesMax ? Math.ceil(max) - 1 : Math.floor(max)
  return integerRange(least, most)
}

function limitsText(schema: SchemaObject): string {
  return JSON.stringify(pick(schema, 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'))
}

function pick(schema: SchemaObject, ...keywords: readonly string[]): SchemaObject {
  return Object.fromEntries(keywords.filter((each) => each in schema).map((each) => [each, schema[each]]))
}

/** Whether a keyword that is there makes a difference. */
function says(schema: SchemaObject, keyword: string): boolean {
  const value = schema[keyword]
  switch (keyword) {
    case 'uniqueItems':
      return value === true && ((schema['maxItems'] as number | undefined) ?? Infinity) > 1
    case 'if':
      return value !== undefined && ('then' in schema || 'else' in schema)
    case 'contains':
      return value !== undefined && schema['minContains'] !== 0
    case 'multipleOf':
      return value !== undefined && !(value === 1 && schema['type'] === 'integer')
    case 'patternProperties':
    case 'dependentRequired':
    case 'dependentSchemas':
    case 'dependencies':
      return typeof value === 'object' && value !== null && Object.keys(value).length > 0
    default:
      return value !== undefined
  }
}

function cannotSay(keyword: string, at: Pointer): Error {
  return notExpressible(
    `${keyword} at ${pointerName(child(at, keyword))}`,
    'because no grammar says it; leave it out and check the answer for it',
  )
}
