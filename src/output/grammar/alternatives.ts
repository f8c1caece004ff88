import { exclude } from './exclude.js'
import { mergeSchemas } from './merge-schemas.js'
import { negateSchema } from './negate-schema.js'
import { notExpressible } from './not-expressible.js'
import {
  child,
  type LocatedSchema,
  type Pointer,
  pointerName,
  resolveReference,
  type Schema,
  type SchemaObject,
} from './schema-reference.js'

/** A schema without the keywords that combine schemas, and without `const`. */
export interface Alternative {
  readonly schema: SchemaObject
  readonly at: Pointer
}

const mostAlternatives = 512

/**
 * The schemas of which a value must fit one, and of which each value fits the schema.
 *
 * @throws UnsupportedOptionError `UNSUPPORTED_OPTION`
 */
export function alternativesOf(located: LocatedSchema, document: SchemaObject): readonly Alternative[] {
  return new Expansion(document).expand(located, [])
}

class Expansion {
  readonly #document: SchemaObject
  #negations = 0

  constructor(document: SchemaObject) {
    this.#document = document
  }

  /** @param path - The references that led here: one that leads to itself says nothing. */
  expand({ schema, at }: LocatedSchema, path: readonly Pointer[]): readonly Alternative[] {
    if (schema === false) return []
    if (schema === true) return [{ schema: {}, at }]
    const {
      $ref,
      allOf,
      anyOf,
      oneOf,
      const: constant,
      not,
      if: condition,
      then,
      else: otherwise,
      ...rest
    } = withoutOldForms(schema)
    const { dependentRequired, dependentSchemas, unevaluatedProperties, unevaluatedItems, ...own } = rest
    const negationsBefore = this.#negations
    let found: readonly Alternative[] = [{ schema: own, at }]
    const join = (part: Schema, ...steps: readonly (string | number)[]): void => {
      found = this.#join(found, this.expand({ schema: part, at: child(at, ...steps) }, path))
    }
    if (Object.hasOwn(schema, 'const')) found = this.#join(found, [{ schema: { enum: [constant] }, at }])
    if (typeof $ref === 'string') {
      const target = resolveReference(this.#document, $ref, at)
      if (path.includes(target.at)) return []
      found = this.#join(found, this.expand(target, [...path, target.at]))
    }
    for (const [index, part] of listOf(allOf).entries()) join(part, 'allOf', index)
    if (anyOf !== undefined) {
      const branches = listOf(anyOf).map((part, index) =>
        this.expand({ schema: part, at: child(at, 'anyOf', index) }, path),
      )
      found = this.#join(found, branches.flat())
    }
    if (oneOf !== undefined) found = this.#join(found, this.#exactlyOne(listOf(oneOf), child(at, 'oneOf'), path))
    if (not !== undefined) join(this.#negation(not as Schema, 'not', child(at, 'not')), 'not')
    if (condition !== undefined && (then !== undefined || otherwise !== undefined)) {
      const isNot = this.#negation(condition as Schema, 'if', child(at, 'if'))
      join({ anyOf: [{ allOf: [condition, then ?? true] }, { allOf: [isNot, otherwise ?? true] }] }, 'if')
    }
    for (const [name, others] of Object.entries(
      (dependentRequired ?? {}) as Readonly<Record<string, readonly string[]>>,
    )) {
      join({ anyOf: [without(name), { required: [name, ...others] }] }, 'dependentRequired', name)
    }
    for (const [name, part] of Object.entries((dependentSchemas ?? {}) as Readonly<Record<string, Schema>>)) {
      join({ anyOf: [without(name), { required: [name], allOf: [part] }] }, 'dependentSchemas', name)
    }
    for (const [keyword, value] of [
      ['unevaluatedProperties', unevaluatedProperties],
      ['unevaluatedItems', unevaluatedItems],
    ] as const) {
      if (value === undefined || value === true || this.#negations === negationsBefore) continue
      throw notExpressible(
        keyword,
        `${keyword} at ${pointerName(child(at, keyword))}`,
        'because beside not, if or branches of oneOf that have values in common it is not known what they looked at',
      )
    }
    // It speaks of what stands beside it and not of what a schema around it says, so it is joined before that.
    return found.map((each) => ({
      at: each.at,
      schema: {
        ...each.schema,
        ...unevaluated('additionalProperties', each.schema, unevaluatedProperties),
        ...unevaluated('items', each.schema, unevaluatedItems),
      },
    }))
  }

  /** The branches of `oneOf`, each without the values of those that it has some in common with. */
  #exactlyOne(parts: readonly Schema[], at: Pointer, path: readonly Pointer[]): readonly Alternative[] {
    const branches = parts.map((part, index) => this.expand({ schema: part, at: child(at, index) }, path))
    return branches.flatMap((branch, index) =>
      parts.reduce((left, part, other) => {
        const isApart = branch.every((one) => branches[other]?.every((two) => exclude(one.schema, two.schema)))
        if (other === index || isApart) return left
        const isNot = this.#negation(
          part,
          'oneOf',
          at,
          'because two of its branches may fit at the same time; tell them apart, or use anyOf',
        )
        return this.#join(left, this.expand({ schema: isNot, at: child(at, index) }, path))
      }, branch),
    )
  }

  #negation(
    schema: Schema,
    keyword: 'not' | 'if' | 'oneOf',
    at: Pointer,
    reason = 'because a grammar cannot say the opposite of what it holds',
  ): Schema {
    this.#negations++
    const negated = negateSchema(schema, this.#document, at)
    if (negated !== undefined) return negated
    throw notExpressible(keyword, `${keyword} at ${pointerName(at)}`, reason)
  }

  #join(one: readonly Alternative[], other: readonly Alternative[]): readonly Alternative[] {
    const joined: Alternative[] = []
    for (const first of one) {
      for (const second of other) {
        const at = Object.keys(first.schema).length === 0 ? second.at : first.at
        const schema = mergeSchemas(first.schema, second.schema, at)
        if (schema !== undefined) joined.push({ schema, at })
      }
    }
    if (joined.length <= mostAlternatives) return joined
    throw notExpressible(
      'anyOf',
      `the schema at ${pointerName(one[0]?.at ?? '')}`,
      `because its anyOf, oneOf, if and dependencies make more than ${mostAlternatives} combinations`,
    )
  }
}

function listOf(value: unknown): readonly Schema[] {
  return Array.isArray(value) ? (value as readonly Schema[]) : []
}

function without(name: string): SchemaObject {
  return { properties: { [name]: false } }
}

function unevaluated(keyword: string, schema: SchemaObject, value: unknown): SchemaObject {
  return value === undefined || keyword in schema ? {} : { [keyword]: value }
}

/** Arrays and dependencies as the drafts before 2020-12 wrote them. */
function withoutOldForms(schema: SchemaObject): SchemaObject {
  const { items, additionalItems, dependencies, ...others } = schema
  if (!Array.isArray(items) && dependencies === undefined) return schema
  const given = Object.entries((dependencies ?? {}) as Readonly<Record<string, Schema | readonly string[]>>)
  return {
    ...others,
    ...(Array.isArray(items)
      ? { prefixItems: items, ...(additionalItems === undefined ? {} : { items: additionalItems }) }
      : items === undefined
        ? {}
        : { items }),
    ...(dependencies === undefined
      ? {}
      : {
          dependentRequired: Object.fromEntries(given.filter(([, value]) => Array.isArray(value))),
          dependentSchemas: Object.fromEntries(given.filter(([, value]) => !Array.isArray(value))),
        }),
  }
}
