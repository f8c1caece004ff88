/**
 * `npm run bench:fill [-- options]`: whether a run without any setting fills a server, measured on simulated ones; see
 * `docs/simulated-server.md`. Ends with 1 when a bar is missed.
 *
 * `--only NAME` (repeated) for some of the lines, `--quick` for one setting and shorter runs, `--concurrency N` for a fixed
 * number (`best`: as many as there are places, and 4 %), `--time-scale N` for the pace at most, `--json` for JSON lines,
 * `--library FILE` for another build than `dist/index.js`.
 */
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

import { build, isBuilt } from '../scripts/build.js'
import type { Library } from './fill/drive.js'
import { failure, formatMeasure, type Measure, percent } from './fill/measure.js'
import { type FillOptions, scenarios, type TokenSums } from './fill/scenarios.js'

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    concurrency: { type: 'string' },
    'time-scale': { type: 'string', default: '50' },
    json: { type: 'boolean', default: false },
    library: { type: 'string' },
  },
})

const names = values.only ?? Object.keys(scenarios)
const unknown = names.filter((name) => !Object.hasOwn(scenarios, name))
if (unknown.length > 0) {
  process.stderr.write(`There is no ${unknown.join(', ')}: give ${Object.keys(scenarios).join(', ')}.\n`)
  process.exit(2)
}
if (values.library === undefined && !(await isBuilt())) await build()
const library =
  values.library === undefined ? new URL('../dist/index.js', import.meta.url) : pathToFileURL(values.library)
const options: FillOptions = {
  library: (await import(library.href)) as Library,
  timeScale: Number(values['time-scale']),
  isQuick: values.quick,
  concurrency:
    values.concurrency === undefined || values.concurrency === 'best' ? values.concurrency : Number(values.concurrency),
}

function print(measure: Measure): void {
  process.stdout.write(`${values.json ? JSON.stringify(measure) : formatMeasure(measure)}\n`)
  if (measure.passes === false) process.exitCode = 1
}

const ledger: TokenSums[] = []
for (const name of names) {
  for (const run of scenarios[name]?.(options) ?? []) {
    try {
      const { measures, tokens } = await run()
      ledger.push(tokens)
      for (const measure of measures) print(measure)
    } catch (error) {
      print(failure(name, 'the run', error))
    }
  }
}
if (ledger.length > 0) {
  const sum = (of: (sums: TokenSums) => number): number => ledger.reduce((total, sums) => total + of(sums), 0)
  const [client, server] = [sum((sums) => sums.client), sum((sums) => sums.server)]
  const difference = Math.abs(client - server) / server
  print({
    name: 'ledger',
    what: `tokens of all runs: ${client} here, ${server} at the servers`,
    figure: percent(difference),
    bar: 'at most 0.1 %',
    passes: difference <= 0.001,
  })
  for (const { label, client: here, server: there } of ledger) {
    if (here !== there) print({ name: 'ledger', what: label, figure: percent((here - there) / there) })
  }
}
