/** What the values of a column are, as far as an output keeps it. JSON. */
export type ColumnType =
  /** `json`: any value, as JSON text. */
  | { readonly kind: 'boolean' | 'int32' | 'int64' | 'float' | 'double' | 'string' | 'json' | 'date' }
  | { readonly kind: 'timestamp'; readonly unit: TimeUnit; readonly isUTC: boolean }
  | { readonly kind: 'list'; readonly element: ColumnType }
  | { readonly kind: 'struct'; readonly fields: ColumnTypes }

export type TimeUnit = 'MILLIS' | 'MICROS' | 'NANOS'

/** Columns, or the fields of a struct, in their order. JSON. */
export type ColumnTypes = readonly (readonly [name: string, type: ColumnType])[]

/** How many digits of a second a unit has. */
export const fractionDigits = { MILLIS: 3, MICROS: 6, NANOS: 9 } as const
