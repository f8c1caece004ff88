import type { JsonSchema } from '../contract/structured-output.js'
import { choice, empty, type Expression, repeat, rule, sequence, text } from './grammar/expression.js'
import type { Grammar } from './grammar/write-gbnf.js'

/** By how many characters at a time a text is lengthened; it is never held to less than four times that. */
export const stepLength = 16
const step = text('1'.repeat(stepLength))
/** As long as a number, a date, a text of a pattern is taken to be. */
const short = text('12345678901234567890')
/** Members of an object whose names the schema does not say. */
const someMembers = 4

/**
 * How long the JSON texts of a schema may become, as a grammar that says nothing else of them. What has no length of its
 * own is an open bound: `characters` in steps of {@link stepLength}.
 */
export function schemaLengths(schema: JsonSchema): Grammar {
  const rules = new Map<string, Expression>()
  const visit = (given: unknown): Expression => {
    if (typeof given !== 'object' || given === null) return short
    const own = given as JsonSchema
    const { $ref: reference, anyOf, oneOf, allOf } = own
    if ('const' in own) return text(JSON.stringify(own['const']) ?? '')
    if (Array.isArray(own['enum'])) return choice(...own['enum'].map((value) => text(JSON.stringify(value) ?? '')))
    if (typeof reference === 'string') return visitReference(reference)
    if (Array.isArray(anyOf)) return choice(...anyOf.map(visit))
    if (Array.isArray(oneOf)) return choice(...oneOf.map(visit))
    if (Array.isArray(allOf)) return sequence(...allOf.map(visit))
    if (isOfType(own, 'object') || own['properties'] !== undefined) return visitObject(own)
    if (isOfType(own, 'array')) return visitList(own)
    return isOfType(own, 'string') ? lengthOfText(own) : short
  }
  const visitReference = (reference: string): Expression => {
    const target = find(schema, reference)
    if (target === undefined) return short
    if (!rules.has(reference)) {
      rules.set(reference, empty)
      rules.set(reference, visit(target))
    }
    return rule(reference)
  }
  const visitObject = ({ properties, additionalProperties }: JsonSchema): Expression => {
    const members = Object.entries((properties ?? {}) as JsonSchema).map(([name, value]) =>
      sequence(text(`${JSON.stringify(name)}:,`), visit(value)),
    )
    const others =
      typeof additionalProperties === 'object'
        ? repeat(sequence(short, visit(additionalProperties)), 0, someMembers)
        : empty
    return sequence(text('{}'), ...members, others)
  }
  const visitList = (own: JsonSchema): Expression => {
    const { items, prefixItems, maxItems } = own
    const first = Array.isArray(prefixItems) ? prefixItems.map(visit) : []
    if (typeof items !== 'object' || items === null) return sequence(text('[]'), ...first)
    const item = sequence(text(','), visit(items))
    const rest = typeof maxItems === 'number' ? repeat(item, 0, maxItems) : sequence(item, repeat(item, 0, 'items'))
    return sequence(text('[]'), ...first, rest)
  }
  return { root: visit(schema), rules }
}

/** Whether the schema is of texts that have no end of their own. */
export function isOpenText(schema: JsonSchema): boolean {
  const isHeld = ['maxLength', 'enum', 'const', 'pattern', 'format'].some((keyword) => keyword in schema)
  return !isHeld && isOfType(schema, 'string')
}

/** Whether the schema is of lists that have no end of their own. */
export function isOpenList(schema: JsonSchema): boolean {
  const { items } = schema
  const isHeld = 'maxItems' in schema || 'enum' in schema || 'const' in schema
  return !isHeld && isOfType(schema, 'array') && typeof items === 'object' && items !== null
}

function lengthOfText(schema: JsonSchema): Expression {
  const { maxLength } = schema
  if (isOpenText(schema)) return sequence(text('""'), repeat(step, 0, 'characters'))
  return typeof maxLength === 'number' ? repeat(text('1'), 0, maxLength) : short
}

function isOfType({ type }: JsonSchema, name: string): boolean {
  return type === name || (Array.isArray(type) && type.includes(name))
}

/** What a reference inside of the document leads to. */
function find(document: JsonSchema, reference: string): unknown {
  if (reference === '#') return document
  if (!reference.startsWith('#/')) return undefined
  let value: unknown = document
  for (const escaped of reference.slice(2).split('/')) {
    const name = decodeURIComponent(escaped).replaceAll('~1', '/').replaceAll('~0', '~')
    value = (value as Readonly<Record<string, unknown>> | undefined)?.[name]
  }
  return value
}
