import type { Warning } from '../../contract/response.js'
import { alternativesOf, type Alternative } from './alternatives.js'
import { arraySchema } from './array-schema.js'
import { type BoundedGrammar, type BoundsOptions, boundGrammar } from './bound-grammar.js'
import { finiteRules } from './finite-rules.js'
import { fittingValues, splitValues } from './fitting-values.js'
import { choice, empty, type Expression, isNever, rule, sequence, text } from './expression.js'
import { notExpressible, type RefusedKeyword } from './not-expressible.js'
import { numberSchema } from './number-schema.js'
import { objectSchema } from './object-schema.js'
import { otherTexts } from './other-texts.js'
import { wholeMatch } from './regex-expression.js'
import type { SchemaContext } from './schema-context.js'
import { child, type LocatedSchema, type Pointer, pointerName, type SchemaObject } from './schema-reference.js'
import { stringSchema } from './string-schema.js'
import { type ValueType, valueTypes } from './value-types.js'

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
    throw notExpressible(
      undefined,
      'the schema',
      'because no value fits it; see which of its keywords exclude each other',
    )
  }
  const { grammar, warnings } = boundGrammar(finite, options)
  return { grammar, warnings: [...compiler.warnings, ...warnings] }
}

/** Keywords that no grammar can say, whatever stands beside them. */
const inexpressible = ['$dynamicRef', '$recursiveRef'] as const

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
    return choice(...alternativesOf(located, this.#document).map((option) => this.#alternative(option)))
  }

  finiteValues(located: LocatedSchema): readonly Expression[] | undefined {
    const lists = alternativesOf(located, this.#document).map(({ schema }) => {
      if (Array.isArray(schema['enum'])) return fittingValues(schema)
      const isFinite = valueTypes(schema).every((type) => type === 'boolean' || type === 'null')
      return isFinite ? valueTypes(schema).flatMap((type) => (type === 'null' ? [null] : [true, false])) : undefined
    })
    if (lists.includes(undefined)) return undefined
    return [...new Set(lists.flat().map((value) => JSON.stringify(value)))].map(text)
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
    const { enum: values, ...others } = schema
    if (Array.isArray(values)) {
      const { simple, structured } = splitValues(values, others)
      const make = (): Expression => enumeration({ ...others, enum: simple })
      const list = simple.length < 4 ? make() : this.#named(`enum ${JSON.stringify([others, simple])}`, make)
      return choice(list, ...structured.map((each) => this.value({ schema: { allOf: [each, others] }, at })))
    }
    return choice(...valueTypes(schema).map((type) => this.#typed(type, schema, at)))
  }

  #typed(type: ValueType, schema: SchemaObject, at: Pointer): Expression {
    for (const keyword of inexpressible) if (keyword in schema) throw cannotSay(keyword, at)
    switch (type) {
      case 'null':
        return text('null')
      case 'boolean':
        return choice(text('true'), text('false'))
      case 'integer':
      case 'number':
        return this.#named(`${type} ${limitsText(schema)}`, () => numberSchema(type, schema, at))
      case 'string':
        return this.#named(
          `string ${JSON.stringify(pick(schema, 'minLength', 'maxLength', 'pattern', 'format', otherTexts))}`,
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
  return choice(...fittingValues(schema).map((value) => text(JSON.stringify(value))))
}

function limitsText(schema: SchemaObject): string {
  return JSON.stringify(
    pick(schema, 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'format'),
  )
}

function pick(schema: SchemaObject, ...keywords: readonly string[]): SchemaObject {
  return Object.fromEntries(keywords.filter((each) => each in schema).map((each) => [each, schema[each]]))
}

function cannotSay(keyword: RefusedKeyword, at: Pointer): Error {
  return notExpressible(
    keyword,
    `${keyword} at ${pointerName(child(at, keyword))}`,
    'because no grammar says it; leave it out and check the answer for it',
  )
}
