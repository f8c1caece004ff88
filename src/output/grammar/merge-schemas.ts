import { isDeepStrictEqual } from 'node:util'

import { notExpressible } from './not-expressible.js'
import { otherTexts } from './other-texts.js'
import { child, type Pointer, pointerName, type Schema, type SchemaObject } from './schema-reference.js'

const largerWins = new Set(['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'])
const smallerWins = new Set(['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'])
/** Of which a value must satisfy both. */
const schemaKeywords = new Set(['propertyNames'])
/** Handled together with others. */
const groupedKeywords = new Set(['properties', 'patternProperties', 'additionalProperties', 'items', 'prefixItems'])
const conflictingKeywords = ['pattern', 'format', 'multipleOf', 'contains', 'minContains', 'maxContains'] as const

/**
 * A schema of what fits both; `undefined`: nothing does. Neither has keywords that combine schemas, or `const`.
 *
 * @throws UnsupportedOptionError `UNSUPPORTED_OPTION` for keywords that cannot be joined.
 */
export function mergeSchemas(one: SchemaObject, other: SchemaObject, at: Pointer): SchemaObject | undefined {
  const merged: Record<string, unknown> = { ...one }
  for (const [keyword, value] of Object.entries(other)) {
    const before = merged[keyword]
    if (groupedKeywords.has(keyword)) continue
    if (before === undefined || isDeepStrictEqual(before, value)) merged[keyword] = value
    else if (keyword === 'type') merged['type'] = commonTypes(before, value)
    else if (keyword === 'enum') merged['enum'] = commonValues(before as unknown[], value as unknown[])
    else if (keyword === 'required' || keyword === otherTexts)
      merged[keyword] = [...new Set([...(before as []), ...(value as [])])]
    else if (keyword === 'uniqueItems') merged['uniqueItems'] = true
    else if (largerWins.has(keyword)) merged[keyword] = Math.max(before as number, value as number)
    else if (smallerWins.has(keyword)) merged[keyword] = Math.min(before as number, value as number)
    else if (schemaKeywords.has(keyword)) merged[keyword] = both(before as Schema, value as Schema)
    else if (isConflicting(keyword)) {
      throw notExpressible(
        keyword,
        `two values of ${keyword} at ${pointerName(child(at, keyword))}`,
        'because a grammar cannot ask for both; join them into one',
      )
    }
  }
  mergeProperties(merged, one, other)
  mergeItems(merged, one, other)
  return isEmptyList(merged['type']) || isEmptyList(merged['enum']) ? undefined : merged
}

function isConflicting(keyword: string): keyword is (typeof conflictingKeywords)[number] {
  return (conflictingKeywords as readonly string[]).includes(keyword)
}

function both(one: Schema, other: Schema): Schema {
  if (one === true || isDeepStrictEqual(one, other)) return other
  return other === true ? one : { allOf: [one, other] }
}

/** A property that only one of them declares is one of a pattern or an additional one for the other. */
function mergeProperties(merged: Record<string, unknown>, one: SchemaObject, other: SchemaObject): void {
  const [first, second] = [one, other].map(propertiesOf) as [Properties, Properties]
  if (first.isSilent && second.isSilent) return
  const names = [...new Set([...Object.keys(first.declared), ...Object.keys(second.declared)])]
  if (names.length > 0) {
    merged['properties'] = Object.fromEntries(names.map((name) => [name, both(first.of(name), second.of(name))]))
  }
  const patterns = [...new Set([...Object.keys(first.patterns), ...Object.keys(second.patterns)])]
  if (patterns.length > 0) {
    merged['patternProperties'] = Object.fromEntries(
      patterns.map((each) => [each, both(first.ofPattern(each), second.ofPattern(each))]),
    )
  }
  const [additional = second.additional, otherAdditional = additional] = [first.additional, second.additional]
  if (additional !== undefined && otherAdditional !== undefined) {
    merged['additionalProperties'] = both(additional, otherAdditional)
  }
}

type Schemas = Readonly<Record<string, Schema>>

interface Properties {
  readonly isSilent: boolean
  readonly declared: Schemas
  readonly patterns: Schemas
  readonly additional: Schema | undefined
  /** What is said of a property beside the patterns. */
  readonly of: (name: string) => Schema
  /** What is said of the properties of a pattern: more than need be where another pattern fits them. */
  readonly ofPattern: (pattern: string) => Schema
}

function propertiesOf(schema: SchemaObject): Properties {
  const declared = (schema['properties'] ?? {}) as Schemas
  const patterns = (schema['patternProperties'] ?? {}) as Schemas
  const additional = schema['additionalProperties'] as Schema | undefined
  const own = (schemas: Schemas, name: string): Schema | undefined =>
    Object.hasOwn(schemas, name) ? schemas[name] : undefined
  return {
    isSilent: ['properties', 'patternProperties', 'additionalProperties'].every((keyword) => !(keyword in schema)),
    declared,
    patterns,
    additional,
    of: (name) => own(declared, name) ?? (matchesAny(name, patterns) ? true : (additional ?? true)),
    ofPattern: (pattern) => own(patterns, pattern) ?? additional ?? true,
  }
}

function matchesAny(name: string, patterns: Schemas): boolean {
  return Object.keys(patterns).some((pattern) => new RegExp(pattern, 'u').test(name))
}

function mergeItems(merged: Record<string, unknown>, one: SchemaObject, other: SchemaObject): void {
  const prefixOf = (schema: SchemaObject): readonly Schema[] => (schema['prefixItems'] ?? []) as readonly Schema[]
  const itemsOf = (schema: SchemaObject): Schema | undefined => schema['items'] as Schema | undefined
  const length = Math.max(prefixOf(one).length, prefixOf(other).length)
  const at = (schema: SchemaObject, index: number): Schema => prefixOf(schema)[index] ?? itemsOf(schema) ?? true
  if (length > 0) {
    merged['prefixItems'] = Array.from({ length }, (_, index) => both(at(one, index), at(other, index)))
  }
  const [items = itemsOf(other), otherItems = items] = [itemsOf(one), itemsOf(other)]
  if (items !== undefined && otherItems !== undefined) merged['items'] = both(items, otherItems)
}

function commonTypes(one: unknown, other: unknown): readonly string[] {
  const [first, second] = [one, other].map(typesOf) as [readonly string[], readonly string[]]
  const has = (types: readonly string[], type: string): boolean =>
    types.includes(type) || (type === 'integer' && types.includes('number'))
  return [...new Set([...first.filter((type) => has(second, type)), ...second.filter((type) => has(first, type))])]
}

function typesOf(type: unknown): readonly string[] {
  return Array.isArray(type) ? (type as readonly string[]) : [type as string]
}

function commonValues(one: readonly unknown[], other: readonly unknown[]): readonly unknown[] {
  return one.filter((value) => other.some((each) => isDeepStrictEqual(value, each)))
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}
