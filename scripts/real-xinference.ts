/**
 * `npm run test:real`: the suite of `test/real` against a real Xinference server on this machine.
 *
 * Installs the versions of `test/real/requirements.txt` into a virtual environment under `.cache` (once), starts
 * `xinference-local` on a free port with a home of its own, runs vitest, and ends the server with all its processes.
 *
 * - `--require`: fail where Python or a package cannot be had, instead of saying so and ending well.
 * - `--if-installed`: do nothing where the environment is not installed yet, unless `HEADRACE_TEST_REAL` is 1.
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

/** Why there is nothing to test against here. */
class Unavailable extends Error {}

/** The `bin` folder of an environment with Xinference; installs it if need be. */
async function environment(onlyIfInstalled: boolean): Promise<string> {
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
  if (onlyIfInstalled) throw new Unavailable('Xinference is not installed here; npm run test:real installs it (2 GB)')
  const python = await findPython()
  process.stdout.write(`Installing Xinference into ${folder} (about 2 GB, some minutes).\n`)
  await rm(folder, { recursive: true, force: true })
  await mkdir(cache, { recursive: true })
  await orUnavailable('no virtual environment could be made', python, '-m', 'venv', folder)
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-deps', '-r', requirements]
  await orUnavailable(
    "the packages could not be installed (torch's CPU build is in PyTorch's own index: see docs/servers.md)",
    join(bin, 'python'),
    ...pip,
  )
  await orUnavailable(
    'what was installed cannot be imported',
    join(bin, 'python'),
    '-c',
    'import xinference, xllamacpp',
  )
  await writeFile(mark, wanted)
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

async function orUnavailable(what: string, name: string, ...args: readonly string[]): Promise<void> {
  const { code, output } = await runTool(name, args, root)
  if (code === 0) return
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
        XINFERENCE_MODEL_NOT_FOUND_CACHE_TTL: '0',
      },
    })
  } finally {
    closeSync(output)
  }
}

async function untilReady(server: ChildProcess, endpoint: string, interrupt: AbortSignal): Promise<void> {
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
): Promise<number> {
  const vitest = spawn(
    process.execPath,
    [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--config', 'test/real/vitest.config.ts', ...args],
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
  return new Promise((resolve) => {
    vitest.on('error', () => resolve(1))
    vitest.on('exit', (code) => resolve(code ?? 1))
  })
}

async function main(options: readonly string[]): Promise<number> {
  const own = new Set(['--require', '--if-installed'])
  const isAskedFor = options.includes('--require') || process.env['HEADRACE_TEST_REAL'] === '1'
  try {
    if (process.platform === 'win32') throw new Unavailable('it needs Linux or macOS')
    const bin = await environment(options.includes('--if-installed') && !isAskedFor)
    await mkdir(cache, { recursive: true })
    const home = await mkdtemp(join(tmpdir(), 'headrace-xinference-'))
    const port = await freePort()
    const server = startServer(bin, port, home)
    const interrupt = new AbortController()
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort())
    try {
      const endpoint = `http://127.0.0.1:${port}`
      process.stdout.write(`Starting Xinference on ${endpoint}; its log is ${log}.\n`)
      await untilReady(server, endpoint, interrupt.signal)
      const args = options.filter((option) => !own.has(option))
      return await runSuite(endpoint, server, args, interrupt.signal)
    } finally {
      await stop(server)
      await rm(home, { recursive: true, force: true })
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const isSkipped = error instanceof Unavailable && !isAskedFor
    process.stderr.write(isSkipped ? `skipped: no real Xinference was tested, ${reason}.\n` : `${reason}\n`)
    return isSkipped ? 0 : 1
  }
}

process.exitCode = await main(process.argv.slice(2))
