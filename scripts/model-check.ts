/**
 * `npm run model:check`: what the bundled model can do, measured from its file, beside what it must. The questions were
 * there before the training; `models/demo/README.md` says what is held back. Exit code 1 when a bar is missed.
 */
import { parseArgs } from 'node:util'

import { formatTable } from '../src/cli/table.js'
import { type Figure, measure, passes } from './model-check/figures.js'

const usage = `npm run model:check -- [options]

  --json            the figures as JSON on standard output
  --failures N      so many wrong answers of each kind below the table (default: 0)
  --model FOLDER    another folder with demo.gguf, its tokenizer and recipe/checks.json
`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      failures: { type: 'string', default: '0' },
      model: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(usage)
    return
  }
  const folder =
    values.model === undefined
      ? new URL('../models/demo/', import.meta.url)
      : new URL(`${values.model}/`, `file://${process.cwd()}/`)
  const figures = await measure(folder)
  if (!figures.every(passes)) process.exitCode = 1
  if (values.json) {
    const judged = figures.map((figure) => ({ ...figure, passes: passes(figure) }))
    process.stdout.write(`${JSON.stringify(judged, undefined, 2)}\n`)
    return
  }
  process.stdout.write(`${formatFigures(figures)}\n`)
  for (const { name, failures } of figures)
    for (const failure of failures.slice(0, Number(values.failures))) process.stdout.write(`\n${name}: ${failure}`)
  process.stdout.write('\n')
}

function formatFigures(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    written(figure, figure.value),
    figure.of === undefined ? '' : `of ${figure.of}`,
    `${figure.bar.kind} ${written(figure, figure.bar.value)}`,
    passes(figure) ? 'met' : 'MISSED',
  ])
  return formatTable(['ability', 'figure', '', 'bar', 'verdict'], rows)
}

function written({ unit }: Figure, value: number): string {
  if (unit === '%') return `${(value * 100).toFixed(1)} %`
  return `${unit === 'MB' ? value.toFixed(1) : Math.round(value)} ${unit}`
}

await main()
