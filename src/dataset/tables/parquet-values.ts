import type { SchemaElement, SchemaTree } from 'hyparquet'
import type * as Schema from 'hyparquet/src/schema.js'

import type { ColumnType, TimeUnit } from './column-type.js'
import { formatDate, formatTimeOfDay, formatTimestamp } from './iso-time.js'

/** How the values of a Parquet column become values of JSON. */
export interface ValueReader {
  /** Takes what the decoder gives for one row; a `bigint` stands for an integer that a number does not hold. */
  readonly read: (value: unknown) => unknown
  /** The type that an output gives them; `undefined`: what their JSON has. */
  readonly type: ColumnType | undefined
}

type Helpers = Pick<typeof Schema, 'isListLike' | 'isMapLike'>

/** @returns `undefined` where the values have no form in JSON, or none that is known here. */
export function createValueReader(node: SchemaTree, helpers: Helpers): ValueReader | undefined {
  return createReader(node, helpers, node.element.repetition_type === 'REPEATED')
}

function createReader(node: SchemaTree, helpers: Helpers, isRepeated: boolean): ValueReader | undefined {
  if (isRepeated) return listOf(createReader(node, helpers, false))
  const { children, element } = node
  if (helpers.isListLike(node)) {
    const [repeated] = children as [SchemaTree]
    return listOf(createReader(repeated.children[0] ?? repeated, helpers, false))
  }
  if (helpers.isMapLike(node)) {
    const value = children[0]?.children.find((child) => child.element.name === 'value')
    return value && mapOf(createReader(value, helpers, value.element.repetition_type === 'REPEATED'))
  }
  if (element.logical_type?.type === 'VARIANT') return undefined
  if (children.length === 0) return leafReader(element)
  const fields = children.map((child) => [child.element.name, createValueReader(child, helpers)] as const)
  return structOf(fields)
}

function listOf(element: ValueReader | undefined): ValueReader | undefined {
  if (element === undefined) return undefined
  return {
    read: orNull((values) => Array.from(values as unknown[], element.read)),
    type: element.type && { kind: 'list', element: element.type },
  }
}

function mapOf(value: ValueReader | undefined): ValueReader | undefined {
  if (value === undefined) return undefined
  const read = (map: unknown): unknown =>
    Object.fromEntries(Object.entries(map as object).map(([key, member]) => [key, value.read(member)]))
  return { read: orNull(read), type: undefined }
}

function structOf(fields: readonly (readonly [string, ValueReader | undefined])[]): ValueReader | undefined {
  const known = fields.filter((field): field is readonly [string, ValueReader] => field[1] !== undefined)
  if (known.length < fields.length) return undefined
  const types = known.flatMap(([name, { type }]) => (type === undefined ? [] : [[name, type] as const]))
  const read = (struct: unknown): unknown =>
    Object.fromEntries(known.map(([name, field]) => [name, field.read((struct as Record<string, unknown>)[name])]))
  return { read: orNull(read), type: types.length < fields.length ? undefined : { kind: 'struct', fields: types } }
}

function orNull(read: (value: unknown) => unknown): (value: unknown) => unknown {
  return (value) => (value === undefined || value === null ? null : read(value))
}

const asIs = (value: unknown): unknown => value ?? null
const asInteger = orNull((value) => {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
})
/** JSON has neither of these numbers. */
const asFinite = (value: unknown): unknown => (Number.isFinite(value) ? value : null)

function leafReader(element: SchemaElement): ValueReader | undefined {
  const { type, converted_type: converted, logical_type: logical, scale = 0 } = element
  switch (logicalName(element)) {
    case 'STRING':
    case 'ENUM':
      return { read: asIs, type: { kind: 'string' } }
    case 'JSON':
      return { read: asIs, type: undefined }
    case 'UUID':
      return { read: asIs, type: { kind: 'string' } }
    case 'FLOAT16':
      return { read: asFinite, type: { kind: 'float' } }
    case 'DATE':
      return { read: orNull((days) => formatDate(days as number)), type: { kind: 'date' } }
    case 'DECIMAL':
      return { read: orNull((value) => formatDecimal(toUnscaled(value), scale)), type: undefined }
    case 'TIME': {
      const unit = unitOf(element)
      return { read: orNull((ticks) => formatTimeOfDay(BigInt(ticks as number), unit)), type: undefined }
    }
    case 'TIMESTAMP': {
      const unit = unitOf(element)
      const isUTC = logical?.type === 'TIMESTAMP' ? logical.isAdjustedToUTC : true
      const read = orNull((ticks) => formatTimestamp(ticks as bigint, unit, isUTC))
      return { read, type: { kind: 'timestamp', unit, isUTC } }
    }
    case 'UINT_64':
      return { read: orNull((value) => asInteger(BigInt.asUintN(64, value as bigint))), type: undefined }
    case 'UINT_32':
      return { read: orNull((value) => (value as number) >>> 0), type: { kind: 'int64' } }
    case undefined:
      return physicalReader(type)
    default:
      return converted === undefined && logical === undefined ? physicalReader(type) : undefined
  }
}

function physicalReader(type: SchemaElement['type']): ValueReader | undefined {
  switch (type) {
    case 'BOOLEAN':
      return { read: asIs, type: { kind: 'boolean' } }
    case 'INT32':
      return { read: asIs, type: { kind: 'int32' } }
    case 'INT64':
      return { read: asInteger, type: { kind: 'int64' } }
    case 'INT96': {
      const read = orNull((ticks) => formatTimestamp(ticks as bigint, 'NANOS', false))
      return { read, type: { kind: 'timestamp', unit: 'NANOS', isUTC: false } }
    }
    case 'FLOAT':
      return { read: asFinite, type: { kind: 'float' } }
    case 'DOUBLE':
      return { read: asFinite, type: { kind: 'double' } }
    case 'BYTE_ARRAY':
    case 'FIXED_LEN_BYTE_ARRAY':
      return { read: orNull((bytes) => Buffer.from(bytes as Uint8Array).toString('base64')), type: undefined }
    case undefined:
      return undefined
  }
}

/** What a column is called in either of the two ways in which a schema says so; plain integers have no name. */
function logicalName({ converted_type: converted, logical_type: logical }: SchemaElement): string | undefined {
  if (logical !== undefined) {
    if (logical.type === 'NULL') return undefined
    if (logical.type !== 'INTEGER') return logical.type
    return logical.isSigned || logical.bitWidth < 32 ? undefined : `UINT_${logical.bitWidth}`
  }
  if (converted === 'UTF8') return 'STRING'
  if (converted === undefined || /^(INT|UINT)_(8|16)$|^INT_(32|64)$/.test(converted)) return undefined
  return converted.replace(/^(TIME|TIMESTAMP)_(MILLIS|MICROS)$/, '$1')
}

function unitOf({ converted_type: converted, logical_type: logical }: SchemaElement): TimeUnit {
  if (logical?.type === 'TIME' || logical?.type === 'TIMESTAMP') return logical.unit
  return converted?.endsWith('MILLIS') === true ? 'MILLIS' : 'MICROS'
}

/**
 * The column as the decoder is told of it: what it would round, or make a `Date`, comes as it is stored and is read here.
 */
export function toDecoded(element: SchemaElement): SchemaElement {
  const name = logicalName(element)
  if (name === 'STRING' || name === 'JSON' || name === 'UUID' || name === 'FLOAT16') return element
  if (name === 'ENUM') return { ...element, converted_type: 'UTF8', logical_type: { type: 'STRING' } }
  const { converted_type: _converted, logical_type: _logical, ...physical } = element
  return physical
}

function toUnscaled(value: unknown): bigint {
  if (!(value instanceof Uint8Array)) return BigInt(value as number)
  const hex = Buffer.from(value).toString('hex')
  return hex === '' ? 0n : BigInt.asIntN(value.length * 8, BigInt(`0x${hex}`))
}

function formatDecimal(unscaled: bigint, scale: number): string {
  if (scale <= 0) return (unscaled * 10n ** BigInt(-scale)).toString()
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
