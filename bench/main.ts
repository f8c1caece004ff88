/**
 * `npm run bench [-- row...]`: what Headrace costs, as ratios against named clients in the same run. Every figure is the
 * median of alternating pairs, each measured in a fresh process of its own, warm, over the built library.
 */
import { cpus } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { build, isBuilt } from '../scripts/build.js'
import { compile } from './compile.js'
import { datasetMeasurements } from './dataset-rows.js'
import { llamaCppMeasurement } from './llama-cpp-rows.js'
import { type Row, type Skipped, formatRows, passes } from './row.js'
import { type Settings, measurements } from './rows.js'
import { structuredStreamMeasurement } from './structured-stream-rows.js'

const usage = `npm run bench -- [row...] [options]

  --quick           fewer pairs and requests: an impression, not a figure to quote
  --json            the rows as JSON on standard output
  --list            the names of the rows
  --profile FOLDER  write a CPU profile of each measured client there; the figures are then the profiler's too
  --dist FOLDER     measure this build instead of dist
`

const root = fileURLToPath(new URL('..', import.meta.url))
const all = [...measurements, structuredStreamMeasurement, ...datasetMeasurements, llamaCppMeasurement]

async function measure(names: readonly string[], settings: Settings): Promise<readonly (Row | Skipped)[]> {
  const rows: (Row | Skipped)[] = []
  for (const { name, measure: run } of all) {
    if (names.length > 0 && !names.includes(name)) continue
    process.stderr.write(`${name}\n`)
    try {
      rows.push(...(await run(settings)))
    } catch (error) {
      process.exitCode = 1
      rows.push({ name, what: '', skipped: error instanceof Error ? error.message : String(error) })
    }
  }
  return rows
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      profile: { type: 'string' },
      dist: { type: 'string' },
    },
  })
  const unknown = positionals.find((name) => !all.some((each) => each.name === name))
  if (values.help || values.list || unknown !== undefined) {
    if (unknown !== undefined) process.exitCode = 2
    if (!values.list) process.stdout.write(usage)
    if (unknown !== undefined) process.stdout.write(`\nThere is no row ${unknown}; there are:\n`)
    process.stdout.write(`${all.map(({ name }) => name).join('\n')}\n`)
    return
  }
  if (values.dist === undefined && !(await isBuilt())) await build()
  await compile()
  const rows = await measure(positionals, {
    dist: resolve(values.dist ?? join(root, 'dist')),
    quick: values.quick,
    profile: values.profile === undefined ? undefined : resolve(values.profile),
  })
  if (values.json) {
    const judged = rows.map((row) => ('skipped' in row ? row : { ...row, passes: passes(row) }))
    process.stdout.write(`${JSON.stringify(judged, undefined, 2)}\n`)
    return
  }
  process.stdout.write(`\n${formatRows(rows)}\n\n${machine()}\n`)
}

function machine(): string {
  const processors = cpus()
  const pairs = 'Ratios are medians of pairs measured in turn; microseconds and milliseconds are this machine and hour.'
  return `${pairs}\nNode ${process.version}, ${processors.length} x ${processors[0]?.model ?? 'unknown'}`
}

await main()
