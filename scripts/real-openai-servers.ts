/**
 * `npm run test:real:openai`: the suites of `test/real/openai-servers` against servers that speak OpenAI's protocol and that
 * PyPI has for a CPU: llama-cpp-python's and `transformers serve`.
 *
 * Installs the versions of `test/real/openai-servers/requirements.txt` into a virtual environment under `.cache` (once;
 * llama-cpp-python is compiled, which takes some minutes and wants a C++ compiler), starts one server after the other on the
 * demo model, and runs its suite.
 *
 * - `--if-installed`: installs nothing; says so and ends well where nothing is installed. `npm run test:real` does this.
 * - `--server=transformers-serve`: that server alone.
 * - `--record=DIR`: writes what the servers stream into files there, as the fixtures were made, and runs no suite.
 * - `--require`, `--within=900` and `HEADRACE_TEST_REAL` as of `scripts/real-xinference.ts`; what follows goes to vitest.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { Deadline, OutOfTime } from './real-server/deadline.js'
import { installOpenAIServers } from './real-server/install-openai-servers.js'
import { openAIServers, type RealServer } from './real-server/openai-servers.js'
import { orUnavailable } from './real-server/python.js'
import { recordStreams } from './real-server/record-streams.js'
import { runSuite } from './real-server/run-suite.js'
import { freePort, startServer, stopServer, untilReady } from './real-server/server-process.js'
import { Unavailable } from './real-server/unavailable.js'
import { runTool } from './run-tool.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const cache = join(root, '.cache', 'openai-servers')
const bin = join(cache, 'venv', 'bin')
const servers = openAIServers(join(root, 'models', 'demo'))

interface Run {
  /** The folder for what is recorded. */
  readonly record: string | undefined
  readonly args: readonly string[]
  readonly signal: AbortSignal
  readonly deadline: Deadline
}

/** Starts a server and asks it. @returns the exit code of its suite @throws Unavailable */
async function run(server: RealServer, { record, args, signal, deadline }: Run): Promise<number> {
  const { name, modules, program, readyPath } = server
  const python = join(bin, 'python')
  await orUnavailable(`${name} cannot be imported`, python, ['-c', `import ${modules}`], { cwd: root, deadline })
  const home = await mkdtemp(join(tmpdir(), `headrace-${name}-`))
  const log = join(cache, `${name}.log`)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  process.stdout.write(`Starting ${name} on ${url}; its log is ${log}.\n`)
  const running = startServer({
    program: join(bin, program),
    args: server.args(port),
    cwd: cache,
    log,
    env: {
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      HOME: home,
      HF_HOME: home,
      // No network: no hub is asked.
      HF_HUB_OFFLINE: '1',
      // More threads are slower on a busy machine.
      OMP_NUM_THREADS: '1',
    },
  })
  try {
    await untilReady(running, url + readyPath, { log, signal, deadline })
    process.stdout.write(`${name} answers after ${deadline.elapsed()}.\n`)
    if (record !== undefined) {
      await recordStreams(url, `${name}-${await versionOf(server)}`, record)
      return 0
    }
    const config = 'test/real/openai-servers/vitest.config.ts'
    return await runSuite({
      root,
      config,
      args: [name, ...args],
      env: { HEADRACE_REAL_ENDPOINT: url },
      signal,
      deadline,
    })
  } finally {
    await stopServer(running)
    await rm(home, { recursive: true, force: true })
  }
}

async function versionOf(server: RealServer): Promise<string> {
  const code = `from importlib.metadata import version; print(version('${server.package}'))`
  return (await runTool(join(bin, 'python'), ['-c', code], root)).output.trim()
}

async function main(options: readonly string[]): Promise<number> {
  const valueOf = (name: string): string | undefined =>
    options.find((option) => option.startsWith(`--${name}=`))?.slice(name.length + 3)
  const own = ['--require', '--if-installed', '--within=', '--server=', '--record=']
  const args = options.filter((option) => !own.some((name) => option.startsWith(name)))
  const asked = process.env['HEADRACE_TEST_REAL']
  const isOptional = options.includes('--if-installed')
  const isAskedFor = !isOptional && (options.includes('--require') || asked === '1')
  const seconds = Number(valueOf('within') ?? Infinity)
  const deadline = new Deadline(seconds * 1000)
  const interrupt = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort())
  const attempt = async (act: () => Promise<number>): Promise<number> => {
    try {
      return await act()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const isSkipped = (error instanceof Unavailable || error instanceof OutOfTime) && !isAskedFor
      process.stderr.write(isSkipped ? `skipped: ${reason}.\n` : `${reason}\n`)
      return isSkipped ? 0 : 1
    }
  }
  const chosen = servers.filter(({ name }) => name === (valueOf('server') ?? name))
  let isInstalled = false
  const code = await attempt(async () => {
    if (Number.isNaN(seconds)) throw new Error('--within wants a number of seconds: --within=900')
    if (chosen.length === 0) throw new Error(`--server is one of ${servers.map(({ name }) => name).join(', ')}`)
    if (asked === '0') throw new Unavailable("the servers of OpenAI's protocol, HEADRACE_TEST_REAL is 0")
    if (process.platform === 'win32') throw new Unavailable("the servers of OpenAI's protocol need Linux or macOS")
    const isWanted = !isOptional
    await installOpenAIServers({ root, cache, isWanted, deadline })
    isInstalled = true
    return 0
  })
  if (!isInstalled) return code
  const codes: number[] = []
  for (const server of chosen) {
    codes.push(
      await attempt(() => run(server, { record: valueOf('record'), args, signal: interrupt.signal, deadline })),
    )
  }
  process.stdout.write(`All took ${deadline.elapsed()}.\n`)
  return Math.max(...codes)
}

process.exitCode = await main(process.argv.slice(2))
