import { choice, empty, type Expression, isNever, never, repeat, sequence } from './expression.js'
import { notExpressible } from './not-expressible.js'
import type { SchemaContext } from './schema-context.js'
import { child, type Pointer, pointerName, type Schema, type SchemaObject } from './schema-reference.js'

interface ArraySchema {
  readonly prefixItems?: readonly Schema[]
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly contains?: Schema
  readonly minContains?: number
  readonly maxContains?: number
}

/** Arrays of a schema. After `prefixItems` others come only where `items` says so. */
export function arraySchema(schema: SchemaObject, at: Pointer, context: SchemaContext): Expression {
  const given = schema as ArraySchema
  if (schema['uniqueItems'] === true && (given.maxItems ?? Infinity) > 1) return distinctItems(schema, at, context)
  return choice(...withContained(given).map((each) => plainArray(each, at, context)))
}

/** The schema without `contains`: the items that it asks for come together, after as many others as `prefixItems` has or fewer. */
function withContained({ contains, minContains = 1, maxContains, ...schema }: ArraySchema): readonly ArraySchema[] {
  if (contains === undefined || (minContains === 0 && maxContains === undefined)) return [schema]
  if (maxContains !== undefined && maxContains < minContains) return []
  const { prefixItems = [], items = true, minItems = 0 } = schema
  const places = prefixItems.length + 1
  return Array.from({ length: minContains === 0 ? 1 : places }, (_, from) => {
    const to = from + minContains
    const free = maxContains === undefined ? Infinity : to + maxContains - minContains
    const both = (index: number): Schema => {
      const own = prefixItems[index] ?? items
      if (index >= from && index < to) return { allOf: [own, contains] }
      return index >= to && index < free ? own : withoutContained(own)
    }
    const withoutContained = (own: Schema): Schema =>
      maxContains === undefined ? own : { allOf: [own, { not: contains }] }
    const length = Math.max(prefixItems.length, maxContains === undefined ? to : free)
    return {
      ...schema,
      prefixItems: Array.from({ length }, (_item, index) => both(index)),
      items: withoutContained(items),
      minItems: Math.max(minItems, to),
    }
  })
}

/** Items that differ, which come in the order of the values that they may have. */
function distinctItems(schema: SchemaObject, at: Pointer, context: SchemaContext): Expression {
  const { items = true, prefixItems, contains, minItems: min = 0, maxItems = Infinity } = schema as ArraySchema
  const isPlain = prefixItems === undefined && contains === undefined
  const values = isPlain ? context.finiteValues({ schema: items, at: child(at, 'items') }) : undefined
  if (values === undefined) {
    throw notExpressible(
      'uniqueItems',
      `uniqueItems at ${pointerName(child(at, 'uniqueItems'))}`,
      'because a grammar does not remember; it can only ask for items out of an enum in its order',
    )
  }
  const max = Math.min(maxItems, values.length)
  if (min > max) return never
  const known = new Map<string, Expression>()
  const rest = (from: number, count: number): Expression => {
    const key = `${from} ${count}`
    let found = known.get(key)
    if (found === undefined) {
      const options =
        count === max
          ? []
          : values
              .slice(from)
              .map((value, index) =>
                context.shared(sequence(count === 0 ? empty : context.comma, value, rest(from + index + 1, count + 1))),
              )
      found = choice(...options, count >= min ? empty : never)
      known.set(key, found)
    }
    return found
  }
  return context.braces('[', rest(0, 0), ']')
}

function plainArray(schema: ArraySchema, at: Pointer, context: SchemaContext): Expression {
  const { prefixItems = [], items, minItems: min = 0, maxItems: max = Infinity } = schema
  const others = items ?? (prefixItems.length === 0 || min > prefixItems.length)
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
