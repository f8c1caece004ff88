import type { LoadRoute } from '../contract/dialect.js'

/** Names of gauges in the text that a server gives to Prometheus. */
export interface LoadGauges {
  readonly waiting: string
  readonly running?: string | undefined
}

/** How full a server is, from its `/metrics`. */
export function metricsLoad({ waiting, running }: LoadGauges): LoadRoute {
  return {
    path: '/metrics',
    read(text) {
      const queued = sumOfSeries(text, waiting)
      if (queued === undefined) return undefined
      return { waiting: queued, running: running === undefined ? undefined : sumOfSeries(text, running) }
    },
  }
}

/**
 * The sum of all series of a metric, which are one for each engine of a server that runs several
 * (https://prometheus.io/docs/instrumenting/exposition_formats).
 *
 * @returns `undefined` when there is none.
 */
function sumOfSeries(text: string, name: string): number | undefined {
  let sum: number | undefined
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + name.length)) {
    const isLineStart = at === 0 || text[at - 1] === '\n'
    const after = text[at + name.length]
    if (!isLineStart || (after !== '{' && after !== ' ')) continue
    const end = text.indexOf('\n', at)
    const line = text.slice(at + name.length, end === -1 ? undefined : end)
    // A label may hold anything but its closing quotes.
    const value = Number(/^(?:\{(?:"(?:\\.|[^"\\])*"|[^"}])*\})?\s*(\S+)/.exec(line)?.[1])
    if (Number.isFinite(value)) sum = (sum ?? 0) + value
  }
  return sum
}
