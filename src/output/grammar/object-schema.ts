import { charSet, difference } from './char-set.js'
import {
  chars,
  choice,
  empty,
  type Expression,
  isNever,
  never,
  optional,
  repeat,
  sequence,
  text,
} from './expression.js'
import { jsonString, writtenChars } from './json-text.js'
import { notExpressible } from './not-expressible.js'
import type { SchemaContext } from './schema-context.js'
import { child, type Pointer, pointerName, type Schema, type SchemaObject } from './schema-reference.js'

interface Member {
  readonly pair: Expression
  readonly isRequired: boolean
}

/**
 * Objects of a schema. Declared properties come in the order of their declaration, the required ones that are not
 * declared after them, and others last, where `additionalProperties` says so or nothing is declared.
 */
export function objectSchema(schema: SchemaObject, at: Pointer, context: SchemaContext): Expression {
  const declared = declaredProperties(schema, at)
  const required = new Set((schema['required'] ?? []) as readonly string[])
  const { additional } = declared
  const schemas = new Map(declared.properties)
  for (const name of required) if (!schemas.has(name)) schemas.set(name, { schema: additional ?? true, at })
  const members: Member[] = []
  for (const [name, located] of schemas) {
    const value = context.value(located)
    if (isNever(value) && required.has(name)) return never
    if (isNever(value)) continue
    members.push({
      pair: context.shared(context.pair(text(JSON.stringify(name)), value)),
      isRequired: required.has(name),
    })
  }
  const isOpen = additional === undefined ? declared.properties.size === 0 : additional !== false
  const value = isOpen ? context.value({ schema: additional ?? true, at: child(at, 'additionalProperties') }) : never
  const extra = isNever(value) ? never : context.pair(keyExpression(schema, at, [...schemas.keys()], context), value)
  return context.braces('{', membersOf(members, extra, schema, at, context), '}')
}

interface Declared {
  readonly properties: ReadonlyMap<string, { readonly schema: Schema; readonly at: Pointer }>
  readonly additional: Schema | undefined
}

/** With those that `propertyNames` lists (a record of zod with an enumeration for its keys). */
function declaredProperties(schema: SchemaObject, at: Pointer): Declared {
  const { properties, propertyNames, additionalProperties, unevaluatedProperties } = schema as {
    readonly properties?: Readonly<Record<string, Schema>>
    readonly propertyNames?: SchemaObject
    readonly additionalProperties?: Schema
    readonly unevaluatedProperties?: Schema
  }
  const additional = additionalProperties ?? unevaluatedProperties
  const declared = new Map(
    Object.entries(properties ?? {}).map(([name, each]) => [name, { schema: each, at: child(at, 'properties', name) }]),
  )
  const names =
    propertyNames?.['enum'] ?? (propertyNames?.['const'] === undefined ? undefined : [propertyNames['const']])
  if (!Array.isArray(names)) return { properties: declared, additional }
  const allowed = names.filter((name) => typeof name === 'string')
  return {
    properties: new Map(
      allowed.map((name) => [
        name,
        declared.get(name) ?? { schema: additional ?? true, at: child(at, 'additionalProperties') },
      ]),
    ),
    additional: false,
  }
}

/** Names of further properties: none of those that are declared. */
function keyExpression(
  schema: SchemaObject,
  at: Pointer,
  names: readonly string[],
  context: SchemaContext,
): Expression {
  const { propertyNames } = schema as { readonly propertyNames?: Schema }
  if (propertyNames === undefined || propertyNames === true) return jsonString(noneOf(names))
  if (names.length === 0) {
    const named = typeof propertyNames === 'object' ? { type: 'string', ...propertyNames } : propertyNames
    return context.value({ schema: named, at: child(at, 'propertyNames') })
  }
  throw notExpressible(
    `propertyNames beside properties at ${pointerName(child(at, 'propertyNames'))}`,
    'because a grammar cannot tell the declared names from the others; leave one of them out',
  )
}

/** All texts but these. */
function noneOf(texts: readonly string[]): Expression {
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

function membersOf(
  members: readonly Member[],
  extra: Expression,
  schema: SchemaObject,
  at: Pointer,
  context: SchemaContext,
): Expression {
  const { minProperties: min = 0, maxProperties: max = Infinity } = schema as {
    readonly minProperties?: number
    readonly maxProperties?: number
  }
  const requiredCount = members.filter(({ isRequired }) => isRequired).length
  if (min > Math.max(1, requiredCount)) throw cannotCount('minProperties', at)
  if (max < members.length) throw cannotCount('maxProperties', at)
  const most = max === Infinity ? 'items' : max - members.length
  const separated = (pair: Expression): Expression => sequence(context.comma, pair)
  // What may follow the members before each index, from the end to the beginning.
  const tails: Expression[] = [isNever(extra) ? empty : repeat(separated(extra), 0, most)]
  for (const { pair, isRequired } of members.toReversed()) {
    const [next = empty] = tails
    const own = isRequired ? separated(pair) : optional(separated(pair))
    tails.unshift(context.shared(sequence(own, next)))
  }
  const firstRequired = members.findIndex(({ isRequired }) => isRequired)
  const starts = firstRequired === -1 ? members : members.slice(0, firstRequired + 1)
  const options = starts.map(({ pair }, index) => sequence(pair, tails[index + 1] as Expression))
  if (firstRequired === -1) {
    if (!isNever(extra) && most !== 0) {
      const more = repeat(separated(extra), 0, most === 'items' ? most : most - 1)
      options.push(sequence(extra, more))
    }
    if (min === 0) options.push(empty)
  }
  return choice(...options)
}

function cannotCount(keyword: string, at: Pointer): Error {
  return notExpressible(
    `${keyword} at ${pointerName(child(at, keyword))}`,
    'because a grammar cannot count different properties; make them required or leave them out',
  )
}
