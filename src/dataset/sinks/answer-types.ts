import type { ColumnType } from '../tables/column-type.js'
import type { PlainFormatOptions } from './row-format.js'

const text: ColumnType = { kind: 'string' }
const integer: ColumnType = { kind: 'int64' }
const json: ColumnType = { kind: 'json' }

const always = {
  generation: text,
  model_name: text,
  finish_reason: text,
  input_tokens: integer,
  output_tokens: integer,
  status: text,
  error: text,
}

/** The types of the columns that every answer has, in their order; nothing but nulls would not tell them. */
export function answerTypes(
  { group = false, keepRaw = false }: PlainFormatOptions,
  numGenerations: number,
): ReadonlyMap<string, ColumnType> {
  const types = Object.entries({
    ...(numGenerations > 1 && !group ? { sample: integer } : {}),
    ...always,
    ...(keepRaw ? { raw_input: json, raw_output: json } : {}),
  })
  return new Map(types.map(([name, type]) => [name, group ? { kind: 'list', element: type } : type]))
}
