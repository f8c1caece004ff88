/** One line of the table. */
export interface Measure {
  /** By which it is selected. Several lines may share one. */
  readonly name: string
  readonly what: string
  readonly figure: string
  /** What it must be; absent where the figure is only told. */
  readonly bar?: string | undefined
  readonly passes?: boolean | undefined
}

/** `share >= 0.95`, as it is printed. */
export function atLeastShare(name: string, what: string, share: number, bar: number): Measure {
  return { name, what, figure: percent(share), bar: `at least ${percent(bar)}`, passes: share >= bar }
}

export function atMost(name: string, what: string, value: number | undefined, bar: number, unit: string): Measure {
  const figure = value === undefined ? 'none' : `${number(value)} ${unit}`
  return { name, what, figure, bar: `at most ${number(bar)} ${unit}`, passes: value !== undefined && value <= bar }
}

export function none(name: string, what: string, count: number): Measure {
  return { name, what, figure: String(count), bar: '0', passes: count === 0 }
}

export function failure(name: string, what: string, error: unknown): Measure {
  const message = error instanceof Error ? error.message : String(error)
  return { name, what, figure: `did not run: ${message.slice(0, 120)}`, bar: 'runs', passes: false }
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.01 && share > 0 ? 3 : 1)} %`
}

function number(value: number): string {
  return value === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(2)
}

const widths = [12, 64, 30, 20]

/** One line, in columns of equal width. */
export function formatMeasure({ name, what, figure, bar = '', passes }: Measure): string {
  const verdict = passes === undefined ? '' : passes ? 'pass' : 'MISSED'
  const cells = [name, what, figure, bar].map((cell, column) => cell.padEnd(widths[column] ?? 0))
  return [...cells, verdict].join('  ').trimEnd()
}
