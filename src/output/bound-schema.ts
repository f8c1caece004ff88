import type { Warning } from '../contract/response.js'
import type { JsonSchema } from '../contract/structured-output.js'
import { chooseBounds } from './grammar/choose-bounds.js'
import { isOpenList, isOpenText, schemaLengths, stepLength } from './schema-lengths.js'

/** A schema whose texts and lists all have an end. */
export interface BoundedSchema {
  readonly schema: JsonSchema
  readonly warnings: readonly Warning[]
}

/** Of a text; more would be more than servers make a grammar of (llama.cpp refuses 2000 repetitions). */
const mostCharacters = 1999
/** What a token is counted as. Cautious: English is at four, other languages and JSON's marks are at less. */
const charactersPerToken = 2
/** Of a text, in steps of its length, where items are counted. */
const leastSteps = 4
const lengthOf = ({ length }: string): number => length

const bySchema = new WeakMap<JsonSchema, Map<number, BoundedSchema>>()
const mostBounds = 64

/**
 * The schema with `maxLength` for texts and `maxItems` for lists that have no end of their own, so that the longest answer
 * fits into `maxTokens`; and a warning that says which. The same object for the same schema and number.
 */
export function boundSchema(schema: JsonSchema, maxTokens: number): BoundedSchema {
  let bounded = bySchema.get(schema)
  if (bounded === undefined || bounded.size >= mostBounds) bySchema.set(schema, (bounded = new Map()))
  let result = bounded.get(maxTokens)
  if (result === undefined) bounded.set(maxTokens, (result = bound(schema, maxTokens)))
  return result
}

function bound(schema: JsonSchema, maxTokens: number): BoundedSchema {
  const budget = maxTokens * charactersPerToken
  // Lists get half of it, so that texts need not be as short as they can be.
  const lists = chooseBounds(schemaLengths(schema), budget / 2, lengthOf, leastSteps)
  const maxItems = lists.open.has('items') ? lists.items + 1 : Infinity
  const held = withLimits(schema, { maxLength: undefined, maxItems }) as JsonSchema
  const texts = chooseBounds(schemaLengths(held), budget, lengthOf)
  const maxLength = texts.open.has('characters') ? texts.characters * stepLength : Infinity
  const limits: string[] = []
  if (maxLength <= mostCharacters) limits.push(`texts without a length of their own to ${maxLength} characters`)
  if (maxItems !== Infinity) limits.push(`lists without one to ${maxItems} items`)
  if (limits.length === 0) return { schema, warnings: [] }
  const message = `structuredOutput: the schema that was sent holds ${limits.join(', ')}, so that the answer ends within its ${maxTokens} tokens; say how long they may be, or raise maxTokens.`
  return {
    schema: withLimits(held, {
      maxLength: maxLength <= mostCharacters ? maxLength : undefined,
      maxItems: Infinity,
    }) as JsonSchema,
    warnings: [{ code: 'bounded-output', message }],
  }
}

interface Limits {
  readonly maxLength: number | undefined
  readonly maxItems: number
}

/** Keywords whose values are schemas, lists of them, or schemas by name. */
const inner = new Set(['items', 'additionalProperties', 'prefixItems', 'anyOf', 'oneOf', 'allOf'])
const innerByName = new Set(['properties', '$defs', 'definitions'])

function withLimits(schema: unknown, limits: Limits): unknown {
  if (Array.isArray(schema)) return schema.map((each) => withLimits(each, limits))
  if (typeof schema !== 'object' || schema === null) return schema
  const own = schema as JsonSchema
  const copy: Record<string, unknown> = {}
  for (const [keyword, value] of Object.entries(own)) {
    if (inner.has(keyword)) copy[keyword] = withLimits(value, limits)
    else if (innerByName.has(keyword) && typeof value === 'object' && value !== null) {
      copy[keyword] = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withLimits(each, limits)]))
    } else copy[keyword] = value
  }
  if (limits.maxLength !== undefined && isOpenText(own)) {
    copy['maxLength'] = Math.max(limits.maxLength, Number(own['minLength'] ?? 0))
  }
  if (limits.maxItems !== Infinity && isOpenList(own)) {
    copy['maxItems'] = Math.max(limits.maxItems, Number(own['minItems'] ?? 0))
  }
  return copy
}
