/**
 * `npm run test:real:openai`: the suites of `test/real/openai-servers` against servers that speak OpenAI's protocol and that
 * PyPI has for a CPU: llama-cpp-python's and `transformers serve`.
 *
 * Installs the versions of `test/real/openai-servers/requirements.txt` into a virtual environment under `.cache` (once;
 * llama-cpp-python is compiled, which takes some minutes and wants a C++ compiler), starts one server after the other on the
 * demo model, and runs its suite.
 *
 * - `--if-installed`: install nothing; say so and end well where nothing is installed. `npm run test:real` does this.
 * - `--server=transformers`: that server alone.
 * - `--record=DIR`: writes what the servers stream into files there, as the fixtures were made, and runs no suite.
 * - `--require`, `--within=900` and `HEADRACE_TEST_REAL` as of `scripts/real-xinference.ts`; what follows goes to vitest.
 */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { Deadline, OutOfTime } from './real-server/deadline.js'
import { checkIndex, findPython, orUnavailable } from './real-server/python.js'
import { recordStreams } from './real-server/record-streams.js'
import { runSuite } from './real-server/run-suite.js'
import { freePort, startServer, stopServer, untilReady } from './real-server/server-process.js'
import { Unavailable } from './real-server/unavailable.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const suites = join('test', 'real', 'openai-servers')
const cache = join(root, '.cache', 'openai-servers')
const bin = join(cache, 'venv', 'bin')
const model = join(root, 'models', 'demo')

interface RealServer {
  readonly name: string
  /** Shows that it is installed. */
  readonly module: string
  readonly program: string
  readonly args: (port: number) => readonly string[]
  readonly readyPath: string
}

const servers: readonly RealServer[] = [
  {
    name: 'llama-cpp-python',
    module: 'llama_cpp.server.app',
    program: 'python',
    args: (port) => [
      ...['-m', 'llama_cpp.server', '--host', '127.0.0.1', '--port', String(port)],
      ...['--model', join(model, 'demo.gguf'), '--model_alias', 'demo', '--n_ctx', '512', '--n_threads', '1'],
      // Log-probabilities are refused without it.
      ...['--logits_all', 'true', '--verbose', 'false'],
    ],
    readyPath: '/v1/models',
  },
  {
    name: 'transformers',
    module: 'transformers, torch, gguf, fastapi',
    program: 'transformers',
    args: (port) => ['serve', `${model}:demo.gguf`, '--device', 'cpu', '--host', '127.0.0.1', '--port', String(port)],
    readyPath: '/health',
  },
]

/** How llama-cpp-python is compiled: for any CPU, quickly, without what only images need. */
const compilation = {
  CMAKE_ARGS: '-DLLAVA_BUILD=OFF -DGGML_NATIVE=OFF -DCMAKE_CXX_FLAGS_RELEASE=-O1 -DCMAKE_C_FLAGS_RELEASE=-O2',
  CMAKE_BUILD_PARALLEL_LEVEL: String(availableParallelism()),
}

/** Makes the environment if need be. @throws Unavailable */
async function install(isWanted: boolean, deadline: Deadline): Promise<void> {
  const requirements = join(root, suites, 'requirements.txt')
  const wanted = await readFile(requirements, 'utf8')
  // Written when all is installed: an environment without it, or of other versions, is made anew.
  const mark = join(cache, 'venv', 'installed.txt')
  if (existsSync(mark) && (await readFile(mark, 'utf8')) === wanted) return
  if (!isWanted) throw new Unavailable('they are not installed: npm run test:real:openai installs them')
  const how = { cwd: root, deadline }
  const python = await findPython(root)
  const lines = wanted.split('\n').filter((line) => line.includes('=='))
  await checkIndex(python, lines.find((line) => line.startsWith('annotated-doc==')) ?? '', root)
  process.stdout.write(`Installing into ${cache} (about 1.2 GB, and a compilation of some minutes).\n`)
  await rm(join(cache, 'venv'), { recursive: true, force: true })
  await mkdir(cache, { recursive: true })
  await orUnavailable('no virtual environment could be made', python, ['-m', 'venv', join(cache, 'venv')], how)
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-deps']
  const isCompiled = (line: string): boolean => line.startsWith('llama-cpp-python==')
  const binary = join(cache, 'binary.txt')
  await writeFile(binary, lines.filter((line) => !isCompiled(line)).join('\n'))
  const about = "the packages could not be installed (torch's CPU build is in PyTorch's own index: see docs/servers.md)"
  await orUnavailable(about, join(bin, 'python'), [...pip, '-r', binary], how)
  Object.assign(process.env, compilation)
  try {
    await orUnavailable('', join(bin, 'python'), [...pip, ...lines.filter(isCompiled)], how)
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    // The other server can be asked all the same.
    process.stderr.write(`llama-cpp-python could not be compiled${error.message}\n`)
  }
  await writeFile(mark, wanted)
  process.stdout.write(`Installed after ${deadline.elapsed()}.\n`)
}

interface Run {
  readonly record: string | undefined
  readonly args: readonly string[]
  readonly signal: AbortSignal
  readonly deadline: Deadline
}

/** Starts a server and asks it. @returns the exit code of its suite */
async function run(server: RealServer, { record, args, signal, deadline }: Run): Promise<number> {
  const { name, program, readyPath } = server
  const home = await mkdtemp(join(tmpdir(), `headrace-${name}-`))
  const log = join(cache, `${name}.log`)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  process.stdout.write(`Starting ${name} on ${url}; its log is ${log}.\n`)
  const running = startServer({
    program: join(bin, program),
    args: server.args(port),
    log,
    // No network: no hub is asked. On one thread, because more are slower on a busy machine.
    env: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: home, HF_HOME: home, HF_HUB_OFFLINE: '1', OMP_NUM_THREADS: '1' },
  })
  try {
    await untilReady(running, url + readyPath, { log, signal, deadline })
    process.stdout.write(`${name} answers after ${deadline.elapsed()}.\n`)
    if (record !== undefined) {
      await recordStreams(url, name, record)
      return 0
    }
    const config = join(suites, 'vitest.config.ts')
    const env = { HEADRACE_REAL_ENDPOINT: url, HEADRACE_REAL_SERVER: name }
    return await runSuite({ root, config, args: [name, ...args], env, signal, deadline })
  } finally {
    await stopServer(running)
    await rm(home, { recursive: true, force: true })
  }
}

async function main(options: readonly string[]): Promise<number> {
  const valueOf = (name: string): string | undefined =>
    options.find((option) => option.startsWith(`--${name}=`))?.slice(name.length + 3)
  const own = ['--require', '--if-installed', '--within=', '--server=', '--record=']
  const args = options.filter((option) => !own.some((name) => option.startsWith(name)))
  const asked = process.env['HEADRACE_TEST_REAL']
  const isAskedFor = options.includes('--require') || asked === '1'
  const seconds = Number(valueOf('within') ?? Infinity)
  const deadline = new Deadline(seconds * 1000)
  const interrupt = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort())
  try {
    if (Number.isNaN(seconds)) throw new Error('--within wants a number of seconds: --within=900')
    if (asked === '0') throw new Unavailable('HEADRACE_TEST_REAL is 0')
    if (process.platform === 'win32') throw new Unavailable('it needs Linux or macOS')
    const chosen = servers.filter(({ name }) => name === (valueOf('server') ?? name))
    if (chosen.length === 0) throw new Error(`--server is one of ${servers.map(({ name }) => name).join(', ')}`)
    await install(isAskedFor || !options.includes('--if-installed'), deadline)
    let code = 0
    for (const server of chosen) {
      const importing = `${server.name} is not installed, or cannot be imported`
      const test = ['-c', `import ${server.module}`]
      await orUnavailable(importing, join(bin, 'python'), test, { cwd: root, deadline })
      code ||= await run(server, { record: valueOf('record'), args, signal: interrupt.signal, deadline })
    }
    process.stdout.write(`The servers of OpenAI's protocol were tested; all took ${deadline.elapsed()}.\n`)
    return code
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const isHarmless = (error instanceof Unavailable || error instanceof OutOfTime) && !isAskedFor
    process.stderr.write(isHarmless ? `skipped: servers of OpenAI's protocol, ${reason}.\n` : `${reason}\n`)
    return isHarmless ? 0 : 1
  }
}

process.exitCode = await main(process.argv.slice(2))
