import type { SchemaElement } from 'hyparquet'

import type { ColumnType, ColumnTypes } from './column-type.js'
import { stringifyExact } from './exact-json.js'
import { parseDate, parseTimestamp } from './iso-time.js'

/** The schema of a file with these columns, each of which may be null. */
export function toParquetSchema(columns: ColumnTypes): SchemaElement[] {
  return [{ name: 'root', num_children: columns.length }, ...columns.flatMap(([name, type]) => toElements(name, type))]
}

function toElements(name: string, type: ColumnType): readonly SchemaElement[] {
  const base = { name, repetition_type: 'OPTIONAL' } as const
  switch (type.kind) {
    case 'boolean':
      return [{ ...base, type: 'BOOLEAN' }]
    case 'int32':
      return [{ ...base, type: 'INT32' }]
    case 'int64':
      return [{ ...base, type: 'INT64' }]
    case 'float':
      return [{ ...base, type: 'FLOAT' }]
    case 'double':
      return [{ ...base, type: 'DOUBLE' }]
    case 'string':
    case 'json':
      return [{ ...base, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } }]
    case 'date':
      return [{ ...base, type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } }]
    case 'timestamp': {
      const { unit, isUTC } = type
      return [{ ...base, type: 'INT64', logical_type: { type: 'TIMESTAMP', unit, isAdjustedToUTC: isUTC } }]
    }
    case 'list':
      return [
        { ...base, converted_type: 'LIST', logical_type: { type: 'LIST' }, num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        ...toElements('element', type.element),
      ]
    case 'struct':
      return [
        { ...base, num_children: type.fields.length },
        ...type.fields.flatMap(([field, inner]) => toElements(field, inner)),
      ]
  }
}

/** What is written where a value is not of the type. */
const misfit = Symbol('misfit')

/** Whether a column of this type gives the value back. */
export function fitsType(value: unknown, type: ColumnType): boolean {
  return toCell(value, type) !== misfit
}

/** A value of JSON as the Parquet writer takes it. */
export function toParquetValue(value: unknown, type: ColumnType): unknown {
  return toCell(value, type)
}

function toCell(value: unknown, type: ColumnType): unknown {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? value : misfit
    case 'int32':
      return typeof value === 'number' && (value | 0) === value && !Object.is(value, -0) ? value : misfit
    case 'int64':
      if (typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0)) return BigInt(value)
      return typeof value === 'bigint' && BigInt.asIntN(64, value) === value ? value : misfit
    case 'float':
      return typeof value === 'number' && Math.fround(value) === value ? value : misfit
    case 'double':
      return typeof value === 'number' ? value : misfit
    case 'string':
      return typeof value === 'string' ? value : misfit
    case 'json':
      return stringifyExact(value)
    case 'date':
      return (typeof value === 'string' ? parseDate(value) : undefined) ?? misfit
    case 'timestamp':
      return (typeof value === 'string' ? parseTimestamp(value, type.unit) : undefined) ?? misfit
    case 'list': {
      if (!Array.isArray(value)) return misfit
      const cells = value.map((element) => toCell(element, type.element))
      return cells.includes(misfit) ? misfit : cells
    }
    case 'struct': {
      if (typeof value !== 'object' || Array.isArray(value)) return misfit
      const struct = value as Readonly<Record<string, unknown>>
      const cells = type.fields.map(([name, field]) => [name, toCell(struct[name], field)] as const)
      const isWhole = Object.keys(struct).every((name) => type.fields.some(([field]) => field === name))
      return isWhole && cells.every(([, cell]) => cell !== misfit) ? Object.fromEntries(cells) : misfit
    }
  }
}
