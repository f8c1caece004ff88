import { notExpressible } from './not-expressible.js'
import { mergeSchemas } from './merge-schemas.js'
import {
  child,
  type LocatedSchema,
  type Pointer,
  pointerName,
  resolveReference,
  type Schema,
  type SchemaObject,
} from './schema-reference.js'
import { isOfType, valueTypes } from './value-types.js'

/** A schema without `$ref`, `allOf`, `anyOf`, `oneOf` and `const`. */
export interface Alternative {
  readonly schema: SchemaObject
  readonly at: Pointer
}

const mostAlternatives = 512

/**
 * The schemas of which a value must fit one. Told of branches of `oneOf` that a value may fit at the same time.
 *
 * @throws UnsupportedOptionError `UNSUPPORTED_OPTION`
 */
export function alternativesOf(
  located: LocatedSchema,
  document: SchemaObject,
  onOverlap: (at: Pointer) => void,
): readonly Alternative[] {
  return new Expansion(document, onOverlap).expand(located, [])
}

class Expansion {
  readonly #document: SchemaObject
  readonly #onOverlap: (at: Pointer) => void

  constructor(document: SchemaObject, onOverlap: (at: Pointer) => void) {
    this.#document = document
    this.#onOverlap = onOverlap
  }

  /** @param path - The references that led here: one that leads to itself says nothing. */
  expand({ schema, at }: LocatedSchema, path: readonly Pointer[]): readonly Alternative[] {
    if (schema === false) return []
    if (schema === true) return [{ schema: {}, at }]
    const { $ref, allOf, anyOf, oneOf, const: constant, not, ...own } = withoutOldForms(schema)
    if (not !== undefined && isEverything(not as Schema)) return []
    const given: SchemaObject = not === undefined ? own : { ...own, not }
    let found: readonly Alternative[] = [{ schema: given, at }]
    if (Object.hasOwn(schema, 'const')) found = this.#join(found, [{ schema: { enum: [constant] }, at }])
    if (typeof $ref === 'string') {
      const target = resolveReference(this.#document, $ref, at)
      if (path.includes(target.at)) return []
      found = this.#join(found, this.expand(target, [...path, target.at]))
    }
    for (const [index, part] of listOf(allOf).entries()) {
      found = this.#join(found, this.expand({ schema: part, at: child(at, 'allOf', index) }, path))
    }
    for (const [keyword, parts] of [
      ['anyOf', anyOf],
      ['oneOf', oneOf],
    ] as const) {
      if (parts === undefined) continue
      const branches = listOf(parts).map((part, index) =>
        this.expand({ schema: part, at: child(at, keyword, index) }, path),
      )
      if (keyword === 'oneOf' && overlap(branches)) this.#onOverlap(child(at, keyword))
      found = this.#join(found, branches.flat())
    }
    return found
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
      `the schema at ${pointerName(one[0]?.at ?? '')}`,
      `because its anyOf and oneOf make more than ${mostAlternatives} combinations`,
    )
  }
}

function listOf(value: unknown): readonly Schema[] {
  return Array.isArray(value) ? (value as readonly Schema[]) : []
}

function isEverything(schema: Schema): boolean {
  return schema === true || (typeof schema === 'object' && Object.keys(schema).length === 0)
}

/** Arrays as the drafts before 2020-12 wrote them. */
function withoutOldForms(schema: SchemaObject): SchemaObject {
  if (!Array.isArray(schema['items'])) return schema
  const { items, additionalItems, ...others } = schema
  return { ...others, prefixItems: items, ...(additionalItems === undefined ? {} : { items: additionalItems }) }
}

/** Whether a value may fit two branches, as far as can be told. */
function overlap(branches: readonly (readonly Alternative[])[]): boolean {
  return branches.some((branch, index) =>
    branches
      .slice(index + 1)
      .some((other) => branch.some((one) => other.some((two) => !exclude(one.schema, two.schema)))),
  )
}

/** Whether no value can fit both. Says no where it cannot tell. */
function exclude(one: SchemaObject, other: SchemaObject): boolean {
  let merged: SchemaObject | undefined
  try {
    merged = mergeSchemas(one, other, '')
  } catch {
    return false
  }
  if (merged === undefined || hasNoRoom(merged) || hasNoValue(merged)) return true
  const required = listOf(merged['required']) as unknown as readonly string[]
  const [first, second] = [one, other].map((schema) => (schema['properties'] ?? {}) as Record<string, Schema>)
  return required.some((name) => {
    const isForbidden = [one, other].some(
      (schema) => schema['additionalProperties'] === false && !Object.hasOwn(schema['properties'] ?? {}, name),
    )
    if (isForbidden) return isObject(one) && isObject(other)
    const [a, b] = [first?.[name], second?.[name]].map(plain)
    return isObject(one) && isObject(other) && a !== undefined && b !== undefined && exclude(a, b)
  })
}

function isObject({ type }: SchemaObject): boolean {
  return type === 'object'
}

/** A member as an alternative, if it is as simple as that. */
function plain(schema: Schema | undefined): SchemaObject | undefined {
  if (typeof schema !== 'object' || ['$ref', 'allOf', 'anyOf', 'oneOf'].some((keyword) => keyword in schema))
    return undefined
  const { const: constant, ...own } = schema
  return 'const' in schema ? { ...own, enum: [constant] } : schema
}

function hasNoValue(schema: SchemaObject): boolean {
  const values: unknown = schema['enum']
  if (!Array.isArray(values) || schema['type'] === undefined) return false
  const types = valueTypes(schema)
  return !values.some((value) => types.some((type) => isOfType(value, type)))
}

function hasNoRoom(schema: SchemaObject): boolean {
  const limit = (keyword: string, otherwise: number): number => (schema[keyword] as number | undefined) ?? otherwise
  const isNumber = schema['type'] === 'number' || schema['type'] === 'integer'
  const low = Math.max(limit('minimum', -Infinity), limit('exclusiveMinimum', -Infinity))
  const high = Math.min(limit('maximum', Infinity), limit('exclusiveMaximum', Infinity))
  if (isNumber && low > high) return true
  if (schema['type'] === 'array') return limit('minItems', 0) > limit('maxItems', Infinity)
  return schema['type'] === 'string' && limit('minLength', 0) > limit('maxLength', Infinity)
}
