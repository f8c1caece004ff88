import type { DatasetRow } from '../dataset-row.js'
import type { SourceRow } from '../sources/source.js'
import { parseExact, stringifyExact } from '../tables/exact-json.js'
import type { TextBuffer } from '../text-buffer.js'
import { writeMembers } from '../write-object.js'
import type { FinishedRow } from './sink.js'

/** How rows are written. */
export interface RowFormat {
  /** JSON; part of what makes two outputs the same. */
  readonly config: Readonly<Record<string, unknown>>
  readonly keepRaw: boolean
  /** Writes the lines of a row, each with its line break. */
  write(row: FinishedRow, out: TextBuffer): void
}

export interface PlainFormatOptions {
  /** One line a row of the input: each of the answer's columns is a list with one entry a sample. @defaultValue false */
  readonly group?: boolean | undefined
  /** Add `raw_input`, what was asked, and `raw_output`, the answer as the journal holds it. @defaultValue false */
  readonly keepRaw?: boolean | undefined
}

type Columns = Readonly<Record<string, unknown>>

/**
 * The columns of the input and beside them those of the answer. An input column whose name an answer's column has is kept
 * as `input_` and that name.
 */
export function plainFormat(options: PlainFormatOptions, numGenerations: number): RowFormat {
  const { group = false, keepRaw = false } = options
  const hasSamples = numGenerations > 1
  const rawColumns = (row: DatasetRow): Columns =>
    keepRaw ? { raw_input: row.request ?? null, raw_output: row.answer } : {}
  return {
    config: { format: 'rows', group, keepRaw },
    keepRaw,
    write({ source, samples }, out) {
      if (group) {
        const columns = grouped(samples.map((row) => ({ ...row.columns, ...rawColumns(row) })))
        const generations = columns['generation']
        writeBeside(source, samples, columns, generations === undefined ? undefined : JSON.stringify(generations), out)
        return
      }
      for (const row of samples) {
        const { sample, otherColumns } = row
        const first = hasSamples ? { sample } : {}
        const columns = hasSamples || keepRaw ? { ...first, ...otherColumns, ...rawColumns(row) } : otherColumns
        writeBeside(source, samples, columns, row.generationJSON, out)
      }
    },
  }
}

/** Every column as a list; what a sample does not have is `null` there. */
function grouped(samples: readonly Columns[]): Columns {
  const names = new Set(samples.flatMap((columns) => Object.keys(columns)))
  return Object.fromEntries([...names].map((name) => [name, samples.map((columns) => columns[name] ?? null)]))
}

function writeBeside(
  source: SourceRow,
  samples: readonly DatasetRow[],
  columns: Columns,
  generationJSON: string | Uint8Array | undefined,
  out: TextBuffer,
): void {
  const { json } = source
  // The text of the input as it came keeps what JavaScript would round, such as long numbers.
  if (json !== undefined && isRow(samples) && !mayHold(json, columns)) {
    const open = json.trimEnd().slice(0, -1).trimEnd()
    out.write(open)
    if (!open.endsWith('{')) out.write(',')
  } else {
    const values = json !== undefined && isRow(samples) ? (parseExact(json) as Columns) : (samples[0]?.input ?? {})
    const input = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        (name === 'generation' && generationJSON !== undefined) || Object.hasOwn(columns, name)
          ? `input_${name}`
          : name,
        value,
      ]),
    )
    const open = stringifyExact(input).slice(0, -1)
    out.write(open)
    if (open !== '{') out.write(',')
  }
  if (generationJSON === undefined) {
    const [first = ''] = Object.keys(columns)
    out.write(`${JSON.stringify(first)}:${JSON.stringify(columns[first])}`)
    writeMembers(columns, first, out)
  } else {
    out.write('"generation":')
    if (typeof generationJSON === 'string') out.write(generationJSON)
    else out.writeBytes(generationJSON)
    writeMembers(columns, 'generation', out)
  }
  out.write('}\n')
}

/** The columns that nearly all rows have. */
const usualColumns: ReadonlySet<string> = new Set([
  'sample',
  'generation',
  'model_name',
  'finish_reason',
  'input_tokens',
  'output_tokens',
  'status',
  'error',
  'reasoning',
  'tool_calls',
  'raw_input',
  'raw_output',
])
const usualColumn = new RegExp(`"(?:${[...usualColumns].join('|')})"`)

/** Whether the text of a row may have a column of one of these names. */
function mayHold(json: string, columns: Columns): boolean {
  if (usualColumn.test(json)) return true
  for (const name in columns) if (!usualColumns.has(name) && json.includes(name)) return true
  return false
}

/** Whether what stands in the input is an object: a row that was asked is. */
function isRow([first]: readonly DatasetRow[]): boolean {
  return first?.status !== 'invalid' || Object.keys(first.input).length > 0
}
