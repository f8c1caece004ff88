import { otherTexts } from './other-texts.js'
import type { SchemaObject } from './schema-reference.js'

/** Whether a value of an `enum` fits the keywords beside it that limit numbers and strings. */
export function fitsKeywords(value: unknown, schema: SchemaObject): boolean {
  if (typeof value === 'number') return fitsNumber(value, schema as Readonly<Record<string, number | undefined>>)
  if (typeof value === 'string') return fitsString(value, schema)
  return true
}

function fitsNumber(
  value: number,
  { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf }: Readonly<Record<string, number | undefined>>,
): boolean {
  return (
    value >= (minimum ?? -Infinity) &&
    value <= (maximum ?? Infinity) &&
    (exclusiveMinimum === undefined || value > exclusiveMinimum) &&
    (exclusiveMaximum === undefined || value < exclusiveMaximum) &&
    (multipleOf === undefined || Math.abs(Math.round(value / multipleOf) - value / multipleOf) < 1e-5)
  )
}

function fitsString(value: string, schema: SchemaObject): boolean {
  const {
    minLength = 0,
    maxLength = Infinity,
    pattern,
  } = schema as {
    readonly minLength?: number
    readonly maxLength?: number
    readonly pattern?: string
  }
  const { length } = Array.from(value)
  const others = (schema[otherTexts] ?? []) as readonly string[]
  const fitsPattern = pattern === undefined || new RegExp(pattern, 'u').test(value)
  return length >= minLength && length <= maxLength && fitsPattern && !others.includes(value)
}
