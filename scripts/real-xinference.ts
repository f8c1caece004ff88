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
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { Deadline, OutOfTime } from './real-server/deadline.js'
import { runSuite } from './real-server/run-suite.js'
import { freePort, startServer, stopServer, untilReady } from './real-server/server-process.js'
import { Unavailable } from './real-server/unavailable.js'
import { xinferenceCache, xinferenceEnvironment, xinferenceVariables } from './real-server/xinference.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const log = join(xinferenceCache, 'server.log')

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
    const bin = await xinferenceEnvironment(deadline)
    await mkdir(xinferenceCache, { recursive: true })
    const home = await mkdtemp(join(tmpdir(), 'headrace-xinference-'))
    const port = await freePort()
    const server = startServer({
      program: join(bin, 'xinference-local'),
      args: ['-H', '127.0.0.1', '-p', String(port), '--log-level', 'INFO'],
      env: xinferenceVariables(bin, home),
      log,
    })
    const interrupt = new AbortController()
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort())
    try {
      const endpoint = `http://127.0.0.1:${port}`
      process.stdout.write(`Starting Xinference on ${endpoint}; its log is ${log}.\n`)
      await untilReady(server, `${endpoint}/status`, { log, signal: interrupt.signal, deadline })
      process.stdout.write(`Xinference answers after ${deadline.elapsed()}.\n`)
      const args = options.filter((option) => !isOwn(option))
      const code = await runSuite({
        root,
        config: 'test/real/vitest.config.ts',
        args,
        env: {
          HEADRACE_REAL_ENDPOINT: endpoint,
          HEADRACE_REAL_GROUP: String(server.pid),
          HEADRACE_REAL_LOG: log,
          // A key or address of the person who runs this is not for this server.
          XINFERENCE_API_KEY: '',
          XINFERENCE_ENDPOINT: '',
        },
        signal: interrupt.signal,
        deadline,
      })
      process.stdout.write(`The real Xinference was tested; all took ${deadline.elapsed()}.\n`)
      return code
    } finally {
      await stopServer(server)
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
