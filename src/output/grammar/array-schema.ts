import { choice, empty, type Expression, isNever, never, repeat, sequence } from './expression.js'
import type { SchemaContext } from './schema-context.js'
import { child, type Pointer, type Schema, type SchemaObject } from './schema-reference.js'

/** Arrays of a schema. After `prefixItems` others come only where `items` says so. */
export function arraySchema(schema: SchemaObject, at: Pointer, context: SchemaContext): Expression {
  const {
    prefixItems = [],
    items,
    unevaluatedItems,
    minItems: min = 0,
    maxItems: max = Infinity,
  } = schema as {
    readonly prefixItems?: readonly Schema[]
    readonly items?: Schema
    readonly unevaluatedItems?: Schema
    readonly minItems?: number
    readonly maxItems?: number
  }
  const others = items ?? unevaluatedItems ?? (prefixItems.length === 0 || min > prefixItems.length)
  const prefix: Expression[] = []
  for (const [index, each] of prefixItems.entries()) {
    const value = prefix.length < max ? context.value({ schema: each, at: child(at, 'prefixItems', index) }) : never
    if (isNever(value)) break
    prefix.push(value)
  }
  const isWhole = prefix.length === prefixItems.length
  const rest = isWhole && max > prefix.length ? context.value({ schema: others, at: child(at, 'items') }) : never
  const most = isNever(rest) ? prefix.length : max
  if (min > most) return never
  return context.braces('[', elements(prefix, rest, min, most, context), ']')
}

function elements(
  prefix: readonly Expression[],
  rest: Expression,
  min: number,
  max: number,
  { comma }: SchemaContext,
): Expression {
  if (max === 0) return empty
  const count = prefix.length
  const open = max === Infinity ? 'items' : undefined
  if (count === 0) {
    const more = repeat(sequence(comma, rest), Math.max(0, min - 1), open ?? max - 1)
    return choice(min === 0 ? empty : never, sequence(rest, more))
  }
  let tail = isNever(rest) ? empty : repeat(sequence(comma, rest), Math.max(0, min - count), open ?? max - count)
  for (const [index, value] of [...prefix.entries()].toReversed()) {
    const own = sequence(index === 0 ? empty : comma, value, tail)
    tail = index < min ? own : choice(empty, own)
  }
  return tail
}
