import { choice, empty, type Expression, isNever, never, optional, repeat, sequence, text } from './expression.js'
import { notExpressible } from './not-expressible.js'
import type { SchemaContext } from './schema-context.js'
import { readProperties } from './read-properties.js'
import { child, type Pointer, pointerName, type SchemaObject } from './schema-reference.js'

interface Member {
  readonly pair: Expression
  readonly isRequired: boolean
}

/**
 * Objects of a schema. Declared properties come in the order of their declaration, the required ones that are not
 * declared after them, and others last: those of `patternProperties`, else where `additionalProperties` says so or nothing is declared.
 */
export function objectSchema(schema: SchemaObject, at: Pointer, context: SchemaContext): Expression {
  const properties = readProperties(schema, at)
  const required = new Set((schema['required'] ?? []) as readonly string[])
  const names = [...new Set([...properties.declared, ...required])]
  const members: Member[] = []
  for (const name of names) {
    const value = context.value(properties.of(name))
    if (isNever(value) && required.has(name)) return never
    if (isNever(value)) continue
    members.push({
      pair: context.shared(context.pair(text(JSON.stringify(name)), value)),
      isRequired: required.has(name),
    })
  }
  const extra = choice(
    ...properties.others(names).map(({ key, value }) => {
      const expression = context.value(value)
      return isNever(expression) ? never : context.pair(key(), expression)
    }),
  )
  return context.braces('{', membersOf(members, extra, schema, at, context), '}')
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

function cannotCount(keyword: 'minProperties' | 'maxProperties', at: Pointer): Error {
  return notExpressible(
    keyword,
    `${keyword} at ${pointerName(child(at, keyword))}`,
    'because a grammar cannot count different properties; make them required or leave them out',
  )
}
