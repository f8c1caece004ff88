/**
 * `npm run test:clients`: clients that nobody here wrote against `headrace serve` on the demo model, and a table of what
 * each of them did. The programs are in `test/real/clients`; npm's clients are installed there as their lockfile says
 * (100 MB), Python's into virtual environments under `.cache` (once, 900 MB).
 *
 * - `--npm`: npm's alone.
 * - `--if-installed`: installs nothing; skips what is not there.
 * - `--require`: what cannot be installed is a failure.
 * - `--only=TEXT`: the clients whose name has this text.
 * - `--as=tgi`: against this protocol alone.
 * - `--within=600`: seconds, as of `scripts/real-xinference.ts`.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { build, isBuilt } from './build.js'
import { type ClientRow, failuresOf, formatClientTable } from './real-clients/client-table.js'
import { type DemoServer, startDemoServer } from './real-clients/demo-server.js'
import { installNpmClients, installPythonClients } from './real-clients/install-clients.js'
import { type ClientProgram, programs } from './real-clients/programs.js'
import { endlessSchema, personSchema, type Protocol, protocols } from './real-clients/protocols.js'
import { type ClientReport, runProgram } from './real-clients/run-program.js'
import { Deadline, OutOfTime } from './real-server/deadline.js'
import { Unavailable } from './real-server/unavailable.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const key = 'key-of-the-test'

/** What a program is told, in JSON. */
function describeServer(
  { url, model, contextWindow }: DemoServer,
  { as, expects, toResponseFormat }: Protocol,
  apiKey: string | undefined,
): object {
  return {
    url,
    model,
    as,
    apiKey,
    expects,
    contextWindow,
    // A word has a token at least.
    tooLong: 'word '.repeat(contextWindow),
    // Leaves room for a short question.
    longAnswer: Math.floor(contextWindow * 0.8),
    schemas: { person: personSchema, endless: endlessSchema },
    formats: { person: toResponseFormat(personSchema), endless: toResponseFormat(endlessSchema) },
  }
}

async function runClient(
  program: ClientProgram,
  python: string | undefined,
  protocol: Protocol,
): Promise<ClientReport> {
  const { name, file, isKeyless } = program
  const apiKey = isKeyless ? undefined : key
  const server = await startDemoServer(root, protocol.as, apiKey)
  const folder = join(root, 'test', 'real', 'clients')
  try {
    return await runProgram(server, {
      program: python ?? process.execPath,
      args: [join(folder, file), JSON.stringify(describeServer(server, protocol, apiKey))],
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        HOME: join(root, '.cache', 'clients'),
        // No hub is there to be asked, and nothing is reported anywhere.
        HF_ENDPOINT: 'http://127.0.0.1:9',
        HF_HUB_DISABLE_TELEMETRY: '1',
        DO_NOT_TRACK: '1',
        PYTHONDONTWRITEBYTECODE: '1',
        LANGCHAIN_TRACING_V2: 'false',
      },
      onThing: (thing, error) => {
        process.stdout.write(`  ${error === undefined ? 'ok    ' : 'FAILED'} ${name} --as ${protocol.as}, ${thing}\n`)
      },
    })
  } finally {
    await server.stop()
  }
}

async function main(options: readonly string[]): Promise<number> {
  const valueOf = (name: string): string | undefined =>
    options.find((option) => option.startsWith(`--${name}=`))?.slice(name.length + 3)
  const known = /^--(npm|if-installed|require|only=.+|as=(xinference|tgi|openai)|within=\d+)$/
  const unknown = options.find((option) => !known.test(option))
  if (unknown !== undefined) {
    process.stderr.write(`There is no option ${unknown}; see scripts/test-clients.ts.\n`)
    return 2
  }
  const deadline = new Deadline(Number(valueOf('within') ?? Infinity) * 1000)
  const installation = { root, isWanted: !options.includes('--if-installed'), deadline }
  const isRequired = options.includes('--require')
  const chosen = programs.filter(
    ({ name, environment }) =>
      name.includes(valueOf('only') ?? '') && !(options.includes('--npm') && environment !== undefined),
  )
  if (!(await isBuilt())) await build()
  const rows: ClientRow[] = []
  for (const program of chosen) {
    const { name, environment } = program
    try {
      const python = environment === undefined ? undefined : await installPythonClients(environment, installation)
      if (environment === undefined) await installNpmClients(installation)
      for (const as of program.protocols) {
        if (as !== (valueOf('as') ?? as)) continue
        deadline.check()
        rows.push({ name, as, report: await runClient(program, python, protocols[as]) })
      }
    } catch (error) {
      if (!(error instanceof Unavailable || error instanceof OutOfTime)) throw error
      rows.push({ name, as: '', report: { skipped: error.message } })
    }
  }
  const failures = failuresOf(rows)
  process.stdout.write(`\n${formatClientTable(rows)}\n\n`)
  for (const line of failures) process.stdout.write(`${line}\n`)
  const skipped = rows.filter(({ report }) => 'skipped' in report).length
  process.stdout.write(`All took ${deadline.elapsed()}.\n`)
  return failures.length > 0 || (isRequired && skipped > 0) ? 1 : 0
}

process.exitCode = await main(process.argv.slice(2))
