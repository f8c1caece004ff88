/**
 * `npm run test:real`: the suite of `test/real` against a real Xinference server on this machine.
 *
 * Installs the versions of `test/real/requirements.txt` into a virtual environment under `.cache` (once), starts
 * `xinference-local` on a free port with a home of its own, runs vitest, and ends the server with all its processes.
 *
 * - `--require`, or `HEADRACE_TEST_REAL=1`: fail where Python or a package cannot be had, instead of saying so and ending
 *   well. `HEADRACE_TEST_REAL=0`: do nothing.
 * - `--within=900`: seconds that all may take. Then it says so and ends well: what was tested until then was right, because
 *   the first failure ends the suite.
 * - what follows goes to vitest: `npm run test:real -- -t 'rate limit'`.
 *
 * `HEADRACE_XINFERENCE_VENV` names an environment that has Xinference already; nothing is then installed.
 * `HEADRACE_PYTHON` names the Python to make one with.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { runTool } from './run-tool.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const requirements = join(root, 'test', 'real', 'requirements.txt')
const cache = join(root, '.cache', 'xinference')
const log = join(cache, 'server.log')
const startMs = 300_000

/** One small package of the requirements, by which is seen whether an index answers. */
const probe = 'annotated-doc'
const probeMs = 30_000

/** Why there is nothing to test against here. */
class Unavailable extends Error {}

/** What the whole may take. */
class Deadline {
  readonly #startedAt = Date.now()
  readonly #withinMs: number

  /** @param withinMs - `Infinity`: as long as it likes. */
  constructor(withinMs: number) {
    this.#withinMs = withinMs
  }

  /** `undefined`: there is no end. */
  leftMs(): number | undefined {
    return this.#withinMs === Infinity ? undefined : Math.max(1, this.#startedAt + this.#withinMs - Date.now())
  }

  check(): void {
    if (Date.now() - this.#startedAt >= this.#withinMs) throw new OutOfTime(this.#withinMs)
  }

  elapsed(): string {
    return `${Math.round((Date.now() - this.#startedAt) / 1000)} s`
  }
}

class OutOfTime extends Error {
  constructor(withinMs: number) {
    super(
      `the real Xinference was not tested to the end: ${withinMs / 1000} s were over; nothing had failed until then`,
    )
  }
}

/** The `bin` folder of an environment with Xinference; installs it if need be. */
async function environment(deadline: Deadline): Promise<string> {
  const given = process.env['HEADRACE_XINFERENCE_VENV']
  if (given !== undefined && given !== '') {
    const bin = join(given, 'bin')
    if (!existsSync(join(bin, 'xinference-local'))) throw new Unavailable(`${given} has no bin/xinference-local`)
    return bin
  }
  const folder = join(cache, 'venv')
  const bin = join(folder, 'bin')
  const wanted = await readFile(requirements, 'utf8')
  // Written when all is installed: an environment without it, or of other versions, is made anew.
  const mark = join(folder, 'installed.txt')
  if (existsSync(mark) && (await readFile(mark, 'utf8')) === wanted) return bin
  const python = await findPython()
  await checkIndex(python, wanted)
  process.stdout.write(`Installing Xinference into ${folder} (about 2 GB, some minutes).\n`)
  await rm(folder, { recursive: true, force: true })
  await mkdir(cache, { recursive: true })
  await orUnavailable('no virtual environment could be made', python, ['-m', 'venv', folder], deadline)
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-deps', '-r', requirements]
  await orUnavailable(
    "the packages could not be installed (torch's CPU build is in PyTorch's own index: see docs/servers.md)",
    join(bin, 'python'),
    pip,
    deadline,
  )
  const use = ['-c', 'import xinference, xllamacpp']
  await orUnavailable('what was installed cannot be imported', join(bin, 'python'), use, deadline)
  await writeFile(mark, wanted)
  process.stdout.write(`Installed after ${deadline.elapsed()}.\n`)
  return bin
}

async function findPython(): Promise<string> {
  const given = process.env['HEADRACE_PYTHON']
  const names = given === undefined ? ['python3', 'python3.11', 'python3.12', 'python3.13'] : [given]
  for (const name of names) {
    const check = 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
    if ((await runTool(name, ['-c', check], root)).code === 0) return name
  }
  throw new Unavailable(`there is no Python 3.11 to 3.13 with venv (tried ${names.join(', ')})`)
}

/** Asks for one small package first: without a network pip would try long. */
async function checkIndex(python: string, wanted: string): Promise<void> {
  const [pinned = probe] = wanted.split('\n').filter((line) => line.startsWith(`${probe}==`))
  const target = await mkdtemp(join(tmpdir(), 'headrace-pip-'))
  try {
    const options = ['--disable-pip-version-check', '--no-deps', '--no-cache-dir', '--retries', '1', '--timeout', '10']
    const args = ['-m', 'pip', 'download', ...options, '--dest', target, pinned]
    const { code } = await runTool(python, args, root, probeMs)
    if (code !== 0) throw new Unavailable(`pip found no index that has ${pinned} within ${probeMs / 1000} s`)
  } finally {
    await rm(target, { recursive: true, force: true })
  }
}

async function orUnavailable(what: string, name: string, args: readonly string[], deadline: Deadline): Promise<void> {
  const { code, output } = await runTool(name, args, root, deadline.leftMs())
  if (code === 0) return
  deadline.check()
  const last = output.trim().split('\n').at(-1) ?? ''
  throw new Unavailable(`${what}: ${last.length > 300 ? `...${last.slice(-300)}` : last}`)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** In a process group of its own, so that all its processes can be ended together. */
function startServer(bin: string, port: number, home: string): ChildProcess {
  const output = openSync(log, 'w')
  try {
    return spawn(join(bin, 'xinference-local'), ['-H', '127.0.0.1', '-p', String(port), '--log-level', 'INFO'], {
      detached: true,
      stdio: ['ignore', output, output],
      env: {
        PATH: `${bin}:${process.env['PATH'] ?? ''}`,
        HOME: home,
        XINFERENCE_HOME: home,
        // No network: no hub is asked, no environment is made for a model.
        HF_HUB_OFFLINE: '1',
        XINFERENCE_MODEL_SRC: 'huggingface',
        XINFERENCE_ENABLE_VIRTUAL_ENV: '0',
        XINFERENCE_DISABLE_METRICS: '1',
        // A slow machine is not a sick one.
        XINFERENCE_DISABLE_HEALTH_CHECK: '1',
        XINFERENCE_HEALTH_CHECK_FAILURE_THRESHOLD: '120',
        XINFERENCE_HEALTH_CHECK_INTERVAL: '2',
        XINFERENCE_HEALTH_CHECK_TIMEOUT: '60',
      },
    })
  } finally {
    closeSync(output)
  }
}

async function untilReady(
  server: ChildProcess,
  endpoint: string,
  interrupt: AbortSignal,
  deadline: Deadline,
): Promise<void> {
  const endsAt = Date.now() + startMs
  while (Date.now() < endsAt) {
    if (server.exitCode !== null || server.signalCode !== null) break
    try {
      if ((await fetch(`${endpoint}/status`, { signal: AbortSignal.timeout(5000) })).ok) return
    } catch {
      // Not yet.
    }
    await sleep(500)
    if (interrupt.aborted) throw new Error('interrupted')
    deadline.check()
  }
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-20)
  throw new Error(`Xinference did not start; the end of ${log}:\n${lines.join('\n')}`)
}

/** Ends every process of the server's group. */
async function stop({ pid }: ChildProcess): Promise<void> {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGTERM')
    for (let waited = 0; waited < 10_000; waited += 100) {
      process.kill(-pid, 0)
      await sleep(100)
    }
    process.kill(-pid, 'SIGKILL')
  } catch {
    // No process of the group is left.
  }
}

async function runSuite(
  endpoint: string,
  server: ChildProcess,
  args: readonly string[],
  signal: AbortSignal,
  deadline: Deadline,
): Promise<number> {
  const leftMs = deadline.leftMs()
  const vitest = spawn(
    process.execPath,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--config',
      'test/real/vitest.config.ts',
      ...(leftMs === undefined ? [] : ['--bail', '1']),
      ...args,
    ],
    {
      cwd: root,
      stdio: 'inherit',
      signal,
      env: {
        ...process.env,
        HEADRACE_REAL_ENDPOINT: endpoint,
        HEADRACE_REAL_GROUP: String(server.pid),
        HEADRACE_REAL_LOG: log,
        // A key or address of the person who runs this is not for this server.
        XINFERENCE_API_KEY: '',
        XINFERENCE_ENDPOINT: '',
      },
    },
  )
  let isLate = false
  const end = (): void => {
    isLate = true
    vitest.kill()
  }
  const timer = leftMs === undefined ? undefined : setTimeout(end, leftMs)
  const code = await new Promise<number>((resolve) => {
    vitest.on('error', () => resolve(1))
    vitest.on('exit', (status) => resolve(status ?? 1))
  })
  clearTimeout(timer)
  // A failure that came before counts.
  if (isLate) deadline.check()
  return code
}

async function main(options: readonly string[]): Promise<number> {
  const isOwn = (option: string): boolean => option === '--require' || option.startsWith('--within=')
  const seconds = Number(
    options.find((option) => option.startsWith('--within='))?.slice('--within='.length) ?? Infinity,
  )
  const asked = process.env['HEADRACE_TEST_REAL']
  const isAskedFor = options.includes('--require') || asked === '1'
  const deadline = new Deadline(seconds * 1000)
  try {
    if (Number.isNaN(seconds)) throw new Error('--within wants a number of seconds: --within=900')
    if (asked === '0') throw new Unavailable('HEADRACE_TEST_REAL is 0')
    if (process.platform === 'win32') throw new Unavailable('it needs Linux or macOS')
    const bin = await environment(deadline)
    await mkdir(cache, { recursive: true })
    const home = await mkdtemp(join(tmpdir(), 'headrace-xinference-'))
    const port = await freePort()
    const server = startServer(bin, port, home)
    const interrupt = new AbortController()
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort())
    try {
      const endpoint = `http://127.0.0.1:${port}`
      process.stdout.write(`Starting Xinference on ${endpoint}; its log is ${log}.\n`)
      await untilReady(server, endpoint, interrupt.signal, deadline)
      process.stdout.write(`Xinference answers after ${deadline.elapsed()}.\n`)
      const args = options.filter((option) => !isOwn(option))
      const code = await runSuite(endpoint, server, args, interrupt.signal, deadline)
      process.stdout.write(`The real Xinference was tested; all took ${deadline.elapsed()}.\n`)
      return code
    } finally {
      await stop(server)
      await rm(home, { recursive: true, force: true })
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (error instanceof OutOfTime) {
      process.stderr.write(`stopped: ${reason}.\n`)
      return isAskedFor ? 1 : 0
    }
    const isSkipped = error instanceof Unavailable && !isAskedFor
    process.stderr.write(isSkipped ? `skipped: no real Xinference was tested, ${reason}.\n` : `${reason}\n`)
    return isSkipped ? 0 : 1
  }
}

process.exitCode = await main(process.argv.slice(2))
