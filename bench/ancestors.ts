/**
 * `npm run bench:ancestors [-- --quick] [WORD...]`: the Python classes that Headrace's follow, and its own, on the same
 * scripted server with the same 5,000 prompts; then promptfoo and curator, and `generateDataset`, from the same file of
 * prompts into a file of answers: requests a second, and the CPU of the client's process a request. Each round is a fresh
 * process, warm, the sides in turn; medians. What does not work is told with its error. A word chooses the lines that
 * have it.
 *
 * They are installed here if need be (once, 2.1 GB): classes of Python as `npm run test:clients` does it.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

import { build, isBuilt } from '../scripts/build.js'
import { alternate, compare } from './alternate.js'
import { type Ancestor, type AncestorLoad, type AncestorRow, ancestors, formatAncestors } from './ancestor-rows.js'
import { compile } from './compile.js'
import { installAncestor } from './installed-ancestor.js'
import { runClient, type Server, startServer } from './processes.js'
import { modelUid } from './workload.js'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Settings extends Pick<AncestorLoad, 'prompts' | 'warmUp' | 'count'> {
  readonly rounds: number
}

async function measureAncestor(ancestor: Ancestor, server: Server, settings: Settings): Promise<AncestorRow> {
  const { name, packages, ours, delivery, concurrency } = ancestor
  const { rounds: times, ...files } = settings
  let versions = packages.join(', ')
  try {
    const installed = await installAncestor(ancestor, root)
    versions = installed.versions
    const load: Omit<AncestorLoad, 'folder'> = {
      ...files,
      endpoint: `${server.origin}/${delivery}`,
      model: modelUid,
      tokenizer: join(root, 'models', 'demo'),
      concurrency,
      library: pathToFileURL(join(root, 'dist', 'index.js')).href,
    }
    const rounds = await alternate(['ours', 'theirs'], times, async (side) => {
      const figures = await inNewFolder(async (folder) => {
        const measured =
          side === 'ours'
            ? await runClient('ancestors-client', { ...load, folder, subject: ours }, [])
            : await installed.run({ ...load, folder })
        if (ancestor.isEngine) await checkAnswers(join(folder, basename(load.prompts)), load.count)
        return measured
      })
      process.stderr.write(`  ${side} ${figures.cpu.toFixed(0)} µs CPU, ${figures.wall.toFixed(0)} µs\n`)
      return figures
    })
    const result = {
      cpu: compare(rounds, 'ours', 'theirs', 'cpu'),
      wall: compare(rounds, 'ours', 'theirs', 'wall'),
    }
    return { name, versions, result }
  } catch (error) {
    return { name, versions, result: { failure: error instanceof Error ? error.message : String(error) } }
  }
}

async function inNewFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-ancestors-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** @throws Error where an engine's file has not an answer for every prompt. */
async function checkAnswers(file: string, count: number): Promise<void> {
  const answers = (await readFile(file, 'utf8'))
    .split('\n')
    .filter((line) => line.includes('the water keeps its height'))
  if (answers.length !== count) throw new Error(`Only ${answers.length} of ${count} answers are in the file.`)
}

async function writePrompts(file: string, count: number): Promise<string> {
  const lines = Array.from({ length: count }, (_, index) => ({
    prompt: `Why does the water keep its height? (${index})`,
  }))
  await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  return file
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false } },
  })
  const count = values.quick ? 500 : 5000
  if (!(await isBuilt())) await build()
  await compile()
  const server = await startServer()
  try {
    await inNewFolder(async (folder) => {
      const settings: Settings = {
        count,
        rounds: values.quick ? 1 : 3,
        prompts: await writePrompts(join(folder, 'prompts.jsonl'), count),
        // A client that the compiler has not finished with costs three times as much.
        warmUp: await writePrompts(join(folder, 'warm-up.jsonl'), Math.min(1000, count)),
      }
      const rows: AncestorRow[] = []
      for (const ancestor of ancestors) {
        if (positionals.length > 0 && !positionals.some((word) => ancestor.name.includes(word))) continue
        process.stderr.write(`${ancestor.name}\n`)
        rows.push(await measureAncestor(ancestor, server, settings))
      }
      process.stdout.write(`\n${count} prompts\n${formatAncestors(rows)}\n`)
    })
  } finally {
    server.stop()
  }
}

await main()
