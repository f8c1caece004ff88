/**
 * `npm run bench:ancestors [-- --quick] [WORD...]`: the Python classes that Headrace's follow, and its own, on the same
 * scripted server with the same 5,000 prompts: requests a second, and the CPU of the client's process a request. Each
 * round is a fresh process, warm, the sides in turn; medians. What does not work is told with its error. A word chooses
 * the lines that have it.
 *
 * Python's packages are those of `npm run test:clients`, which are installed here if need be (once, 900 MB).
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

import { build, isBuilt } from '../scripts/build.js'
import { installPythonClients } from '../scripts/real-clients/install-clients.js'
import { Deadline } from '../scripts/real-server/deadline.js'
import { runTool } from '../scripts/run-tool.js'
import { alternate, compare } from './alternate.js'
import { type Ancestor, type AncestorLoad, type AncestorRow, ancestors, formatAncestors } from './ancestor-rows.js'
import type { ClientFigures } from './client-figures.js'
import { compile } from './compile.js'
import { lastLine, runClient, type Server, startServer } from './processes.js'
import { modelUid } from './workload.js'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Settings {
  readonly count: number
  readonly rounds: number
  readonly prompts: string
}

async function measureAncestor(ancestor: Ancestor, server: Server, settings: Settings): Promise<AncestorRow> {
  const { name, environment, packages, file, ours, delivery, concurrency } = ancestor
  let versions = packages.join(', ')
  try {
    const python = await installPythonClients(environment, { root, isWanted: true, deadline: new Deadline(Infinity) })
    versions = await versionsOf(python, packages)
    const load: AncestorLoad = {
      endpoint: `${server.origin}/${delivery}`,
      model: modelUid,
      tokenizer: join(root, 'models', 'demo'),
      prompts: settings.prompts,
      // A client that the compiler has not finished with costs three times as much.
      warmUp: Math.min(1000, settings.count),
      concurrency,
      library: pathToFileURL(join(root, 'dist', 'index.js')).href,
    }
    const rounds = await alternate(['ours', 'theirs'], settings.rounds, async (side) => {
      const figures =
        side === 'ours'
          ? await runClient('ancestors-client', { ...load, subject: ours }, [])
          : await runPython(python, file, load)
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

async function versionsOf(python: string, packages: readonly string[]): Promise<string> {
  const list = packages.map((name) => `'${name}'`).join(', ')
  const code = `from importlib.metadata import version; print(', '.join(f'{p} {version(p)}' for p in [${list}]))`
  return (await runTool(python, ['-c', code], root)).output.trim()
}

/** @throws Error with the last line of what it wrote when it fails */
async function runPython(python: string, file: string, load: AncestorLoad): Promise<ClientFigures> {
  const child = spawn(python, [join(root, 'bench', 'ancestors', file), JSON.stringify(load)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: join(root, '.cache', 'clients'),
      PYTHONDONTWRITEBYTECODE: '1',
      // No hub is there to be asked.
      HF_ENDPOINT: 'http://127.0.0.1:9',
    },
  })
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  const figures = output.split('\n').findLast((line) => line.startsWith('{"cpu"'))
  if (child.exitCode !== 0 || figures === undefined) throw new Error(lastLine(errors))
  return JSON.parse(figures) as ClientFigures
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false } },
  })
  const count = values.quick ? 500 : 5000
  if (!(await isBuilt())) await build()
  await compile()
  const folder = await mkdtemp(join(tmpdir(), 'headrace-ancestors-'))
  const server = await startServer()
  try {
    const prompts = join(folder, 'prompts.jsonl')
    const lines = Array.from({ length: count }, (_, index) => ({
      prompt: `Why does the water keep its height? (${index})`,
    }))
    await writeFile(prompts, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    const rows: AncestorRow[] = []
    for (const ancestor of ancestors) {
      if (positionals.length > 0 && !positionals.some((word) => ancestor.name.includes(word))) continue
      process.stderr.write(`${ancestor.name}\n`)
      rows.push(await measureAncestor(ancestor, server, { count, rounds: values.quick ? 1 : 3, prompts }))
    }
    process.stdout.write(`\n${count} prompts\n${formatAncestors(rows)}\n`)
  } finally {
    server.stop()
    await rm(folder, { recursive: true })
  }
}

await main()
