/**
 * `npm run bench:dataset [-- rows] [--format jsonl|csv|parquet] [--memory]`: what a run takes of memory, disk and time to resume, with
 * 100 thousand rows and with so many (a million by default), in and out in that format (JSON Lines by default), against the
 * scripted server on this machine. `--memory` leaves out the resuming, and half of the time.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

import type { SchemaElement } from 'hyparquet'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'

import { build, isBuilt } from '../scripts/build.js'
import { compile } from './compile.js'
import type { ScaleFigures, ScaleLoad } from './dataset-scale-client.js'
import { program, startServer } from './processes.js'
import { messages } from './workload.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { format: { type: 'string', default: 'jsonl' }, memory: { type: 'boolean', default: false } },
})
const { format } = values
const few = 100_000
const many = Number(positionals[0] ?? 1_000_000)
/** What writers of Parquet put into one row group. */
const groupRows = 100_000

async function measure(load: ScaleLoad): Promise<ScaleFigures> {
  const args = ['--expose-gc', program('dataset-scale-client'), JSON.stringify(load)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')])
  return JSON.parse(output) as ScaleFigures
}

async function writeInput(path: string, rows: number): Promise<void> {
  const file = createWriteStream(path)
  const pieces = format === 'parquet' ? toParquet(rows) : format === 'csv' ? toCsv(rows) : toLines(rows)
  for (const piece of pieces) if (!file.write(piece)) await once(file, 'drain')
  file.end()
  await once(file, 'finish')
}

function* toLines(rows: number): Generator<string> {
  for (let row = 0; row < rows; row++) yield `${JSON.stringify({ id: row, messages })}\n`
}

function* toCsv(rows: number): Generator<string> {
  yield 'id,messages\n'
  const cell = JSON.stringify(messages).replaceAll('"', '""')
  for (let row = 0; row < rows; row++) yield `${row},"${cell}"\n`
}

function* toParquet(rows: number): Generator<Uint8Array> {
  const leaf = (name: string): SchemaElement => ({
    name,
    type: 'BYTE_ARRAY',
    converted_type: 'UTF8',
    repetition_type: 'OPTIONAL',
  })
  const schema: SchemaElement[] = [
    { name: 'root', num_children: 2 },
    { name: 'id', type: 'INT64', repetition_type: 'REQUIRED' },
    { name: 'messages', repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', repetition_type: 'OPTIONAL', num_children: 2 },
    leaf('role'),
    leaf('content'),
  ]
  const bytes = new ByteWriter()
  const writer = new ParquetWriter({ writer: bytes, schema, statistics: false })
  const take = (): Uint8Array => {
    const taken = Uint8Array.from(bytes.getBytes())
    bytes.index = 0
    return taken
  }
  for (let first = 0; first < rows; first += groupRows) {
    const count = Math.min(groupRows, rows - first)
    void writer.write({
      columnData: [
        { name: 'id', data: Array.from({ length: count }, (_, index) => BigInt(first + index)) },
        // As long as they are: with a dictionary they would be nothing.
        { name: 'messages', data: Array.from({ length: count }, () => messages), encoding: 'PLAIN' },
      ],
      rowGroupSize: count,
    })
    yield take()
  }
  void writer.finish()
  yield take()
}

function print(what: string, figure: string, bar: string, passes: boolean): void {
  process.stdout.write(`${what.padEnd(52)}${figure.padEnd(26)}${bar.padEnd(26)}${passes ? 'pass' : 'MISSED'}\n`)
  if (!passes) process.exitCode = 1
}

const folder = await mkdtemp(join(tmpdir(), 'headrace-scale-'))
const dist = fileURLToPath(new URL('../dist', import.meta.url))
if (!(await isBuilt())) await build()
await compile()
const server = await startServer()
try {
  const library = pathToFileURL(join(dist, 'index.js')).href
  const endpoint = `${server.origin}/json`
  const source = (rows: number): string => join(folder, `${rows}.${format}`)
  await writeInput(source(few), few)
  await writeInput(source(many), many)
  const load = (rows: number): ScaleLoad => ({
    library,
    endpoint,
    source: source(rows),
    sink: join(folder, `${rows}.out.${format}`),
  })
  const small = await measure(load(few))
  process.stderr.write(`${JSON.stringify(small)}\n`)
  let rest: ScaleFigures | undefined
  if (!values.memory) {
    const half = await measure({ ...load(many), stopAt: many / 2 })
    process.stderr.write(`${JSON.stringify(half)}\n`)
    rest = await measure(load(many))
    process.stderr.write(`${JSON.stringify(rest)}\n`)
  }
  const whole = await measure({ ...load(many), sink: join(folder, `whole.${format}`) })
  process.stderr.write(`${JSON.stringify(whole)}\n`)
  const heap = whole.heapMB - small.heapMB
  const peak = whole.peakMB - small.peakMB
  print(
    `heap after collection, ${few} and ${many} rows`,
    `${small.heapMB.toFixed(1)} and ${whole.heapMB.toFixed(1)} MB`,
    'within 10 MB',
    Math.abs(heap) <= 10,
  )
  print(
    `peak memory, ${few} and ${many} rows`,
    `${small.peakMB.toFixed(0)} and ${whole.peakMB.toFixed(0)} MB`,
    'within 40 MB, at most 220',
    peak <= 40 && whole.peakMB <= 220,
  )
  if (rest !== undefined) {
    print(
      `first request of a run of ${many} rows, half done`,
      `${((rest.firstRequestMs ?? Infinity) / 1000).toFixed(2)} s`,
      'at most 3 s',
      (rest.firstRequestMs ?? Infinity) <= 3000,
    )
  }
  print(
    'journal over the answers as JSON',
    (whole.journalBytes / whole.answerBytes).toFixed(2),
    'at most 1.4',
    whole.journalBytes / whole.answerBytes <= 1.4,
  )
} finally {
  server.stop()
  await rm(folder, { recursive: true, force: true })
}
