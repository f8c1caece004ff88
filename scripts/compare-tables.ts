/**
 * `npm run test:tables`: tables of pyarrow, pandas and DuckDB read here, and outputs of runs read by them and by Hugging
 * Face's datasets, cell by cell.
 *
 * Installs `scripts/compare-tables/requirements.txt` into a virtual environment under `.cache` (once, 500 MB).
 *
 * - `--require`: fail where Python or a package cannot be had, instead of saying so and ending well.
 *
 * `HEADRACE_PYTHON` names the Python to make the environment with.
 */
import { createServer } from 'node:http'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isDeepStrictEqual } from 'node:util'

import { openSource } from '../src/dataset/sources/open-source.js'
import { parseExact } from '../src/dataset/tables/exact-json.js'
import type { Row } from '../src/tasks/task.js'
import { build, isBuilt } from './build.js'
import { preparePython, Unavailable } from './python-environment.js'
import { runTool } from './run-tool.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const parts = join(root, 'scripts', 'compare-tables')
const shownDifferences = 20

interface Comparison {
  readonly cells: number
  readonly differences: readonly string[]
}

async function runPython(python: string, script: string, ...args: readonly string[]): Promise<string> {
  const { code, output } = await runTool(python, [join(parts, script), ...args], root)
  if (code !== 0) throw new Error(`${script} failed: ${output}`)
  return output
}

/** Every table that Python wrote, read here. */
async function compareInputs(folder: string): Promise<Comparison> {
  let cells = 0
  const differences: string[] = []
  for (const name of await readdir(folder)) {
    if (name.endsWith('.jsonl')) continue
    const lines = (await readFile(join(folder, name.replace(/\..*$/, '.jsonl')), 'utf8')).split('\n').slice(0, -1)
    const expected = lines.map((line) => parseExact(line) as Row)
    let index = 0
    for await (const page of openSource(join(folder, name)).read()) {
      for (const row of page) {
        const got = (row.json === undefined ? row.columns : parseExact(row.json)) as Row
        const wanted = expected[index++] ?? {}
        for (const column of new Set([...Object.keys(got), ...Object.keys(wanted)])) {
          cells++
          if (isDeepStrictEqual(got[column], wanted[column])) continue
          differences.push(
            `${name}: row ${index - 1}, ${column}: ${String(got[column])} and not ${String(wanted[column])}`,
          )
        }
      }
    }
    if (index !== expected.length) differences.push(`${name}: ${index} rows and not ${expected.length}`)
  }
  return { cells, differences }
}

/** Rows of every shape, the same ones each time. */
function shapes(): readonly Row[] {
  const texts = [
    '',
    'a',
    '"q", \\ ;\t|',
    'two\nlines',
    'two\r\nlines',
    'Grüße 世界 🌍',
    ' blank ',
    '\ufeffmark',
    '0012',
    'NULL',
    '=1+1',
  ]
  const at = <T>(values: readonly T[], index: number): T => values[index % values.length] as T
  return Array.from({ length: 500 }, (_, id) => ({
    id,
    text: at(texts, id),
    maybe: id % 3 === 0 ? null : at(texts, id * 7),
    number: at([1, -5, 2.5, 1e300, -0, 0.1, null], id),
    integer: at([0, -1, 2 ** 53 - 1, null], id),
    flag: at([true, false, null], id),
    list: at([[], [1, null, 3], null, [4]], id),
    lists: at([[[]], [[1], null, [2, 3]], [], null], id),
    struct: at([{ a: 1, b: { c: 'x' } }, null, { a: null, b: null }, { a: 2, b: { c: null } }], id),
    messages: Array.from({ length: id % 4 }, (_turn, turn) => ({
      role: turn % 2 === 0 ? 'user' : 'assistant',
      content: at(texts, id + turn),
    })),
    mixed: at<unknown>([1, 'one', true, [1], { a: 1 }, null, 'null', '"'], id),
    parts: at<unknown>(['text', [{ type: 'text', text: 'a' }]], id),
    nothing: null,
    empty: {},
    ...(id === 444 ? { late: 'now', later: [{ x: [{ y: 1 }] }] } : {}),
  }))
}

/** A model that answers with texts that are hard to keep. */
async function startModel(): Promise<{ readonly endpoint: string; close(): void }> {
  const answers = ['plain', 'with, "quotes"\nand lines', '', '🌍\u2028', '[1, 2]', '= 1']
  let count = 0
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    request.resume().on('end', () => {
      const list = {
        object: 'list',
        data: [
          {
            id: 'm',
            object: 'model',
            model_type: 'LLM',
            model_name: 'm',
            model_ability: ['chat'],
            context_length: 100_000,
          },
        ],
      }
      const content = answers[count++ % answers.length]
      const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
      const answer = {
        object: 'chat.completion',
        model: 'm',
        choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
        usage,
      }
      response.end(JSON.stringify(request.method === 'GET' ? list : answer))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { endpoint: `http://127.0.0.1:${port}`, close: () => server.close().closeAllConnections() }
}

/** One run an input, and its output in every form. */
async function writeOutputs(folder: string, inputs: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true })
  // The journal's thread is a file of the built package.
  if (!(await isBuilt())) await build()
  const library = pathToFileURL(join(root, 'dist', 'index.js')).href
  const { generateDataset, templateTask, Xinference } = (await import(library)) as typeof import('../src/index.js')
  const model = await startModel()
  const llm = new Xinference({ endpoint: model.endpoint, modelUid: 'm', wireMode: 'json' })
  try {
    for (const [name, source] of Object.entries(inputs)) {
      const task = templateTask({ template: 'Row {{ id }}' })
      for (const suffix of ['.jsonl', '.parquet', '.csv', '.tsv.gz', '/']) {
        const sink = join(folder, name) + suffix
        await generateDataset({ llm, source, task, sink, folder: join(folder, `${name}.run`) })
      }
    }
  } finally {
    await llm.unload()
    model.close()
  }
}

function report(what: string, { cells, differences }: Comparison): boolean {
  process.stdout.write(`${what}: ${cells} cells, ${differences.length} differences\n`)
  for (const difference of differences.slice(0, shownDifferences)) process.stdout.write(`  ${difference}\n`)
  return differences.length === 0 && cells > 0
}

async function main(options: readonly string[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-tables-'))
  try {
    if (process.platform === 'win32') throw new Unavailable('it needs Linux or macOS')
    const python = await preparePython(join(root, '.cache', 'tables'), join(parts, 'requirements.txt'))
    const [input, output] = [join(folder, 'input'), join(folder, 'output')]
    await runPython(python, 'write.py', input)
    const isRead = report('tables of pyarrow, pandas and DuckDB, read here', await compareInputs(input))
    const shapesFile = join(folder, 'shapes.jsonl')
    await writeFile(
      shapesFile,
      shapes()
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
    )
    const types = join(input, 'types-zstd.parquet')
    await writeOutputs(output, { shapes: shapesFile, types, cells: join(input, 'pandas-quoted.csv') })
    const read = await runPython(python, 'read.py', output, types)
    const comparison = JSON.parse(read.trim().split('\n').at(-1) ?? '') as Comparison
    const isWritten = report('outputs, read by pyarrow, pandas, DuckDB and datasets', comparison)
    return isRead && isWritten ? 0 : 1
  } catch (error) {
    const isSkipped = error instanceof Unavailable && !options.includes('--require')
    const reason = error instanceof Error ? error.message : String(error)
    process.stderr.write(isSkipped ? `skipped: no table was compared, ${reason}.\n` : `${reason}\n`)
    return isSkipped ? 0 : 1
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

process.exitCode = await main(process.argv.slice(2))
