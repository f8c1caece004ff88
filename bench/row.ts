import { formatTable } from '../src/cli/table.js'

/** One line of the table: ours against theirs, measured in alternating pairs in one run. */
export interface Row {
  /** By which it is selected. Several lines may share one. */
  readonly name: string
  readonly what: string
  readonly against: string
  /** Median of the pairs. */
  readonly ours: number
  readonly theirs: number
  /** Of `ours` and `theirs`: `µs CPU`, `ms wall`, `tokens/s`, ... */
  readonly unit: string
  /** Median of the pairs' own ratios, ours over theirs. */
  readonly ratio: number
  /** The lowest and the highest of them. */
  readonly range: readonly [number, number]
  /** What the ratio must be; absent where the figure is only told. */
  readonly bar?: Bar | undefined
}

export interface Bar {
  readonly kind: 'at most' | 'at least'
  readonly ratio: number
}

/** A line that could not be measured. */
export interface Skipped {
  readonly name: string
  readonly what: string
  readonly skipped: string
}

export function passes({ ratio, bar }: Row): boolean | undefined {
  if (bar === undefined) return undefined
  return bar.kind === 'at most' ? ratio <= bar.ratio : ratio >= bar.ratio
}

/** The table, in columns of equal width. */
export function formatRows(rows: readonly (Row | Skipped)[]): string {
  const head = ['row', 'what', 'over', 'ours', 'theirs', 'unit', 'ratio', 'range', 'bar', '']
  const lines = rows.map((row) =>
    'skipped' in row ? [row.name, row.what, `not measured: ${row.skipped}`] : cells(row),
  )
  return formatTable(head, lines)
}

function cells(row: Row): readonly string[] {
  const { name, what, against, ours, theirs, unit, ratio, range, bar } = row
  const verdict = { true: 'pass', false: 'MISSED', undefined: '' } as const
  return [
    name,
    what,
    against,
    number(ours),
    number(theirs),
    unit,
    ratioText(ratio),
    `${ratioText(range[0])}-${ratioText(range[1])}`,
    bar === undefined ? '' : `${bar.kind} ${bar.ratio}`,
    verdict[`${passes(row)}`],
  ]
}

function ratioText(ratio: number): string {
  return ratio.toFixed(ratio < 0.2 ? 3 : 2)
}

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1)
}
