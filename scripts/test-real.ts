/**
 * `npm run test:real`: the suites against real servers, each on what is left of `--within`: Xinference, then those of
 * OpenAI's protocol where `npm run test:real:openai` has installed them. All arguments go to both.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const startedAt = Date.now()

/** Runs a script beside this one. @returns its exit code */
function run(script: string, args: readonly string[]): Promise<number> {
  const file = fileURLToPath(new URL(script, import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], { stdio: 'inherit' })
  return new Promise((resolve) => {
    child.on('error', () => resolve(1))
    child.on('exit', (status) => resolve(status ?? 1))
  })
}

/** The arguments with the seconds that are left. */
function withinWhatIsLeft(args: readonly string[]): readonly string[] {
  return args.map((arg) => {
    const seconds = /^--within=(\d+)$/.exec(arg)?.[1]
    if (seconds === undefined) return arg
    return `--within=${Math.max(1, Number(seconds) - Math.round((Date.now() - startedAt) / 1000))}`
  })
}

// A terminal's interrupt reaches the scripts too, which end their servers.
process.on('SIGINT', () => {})
const args = process.argv.slice(2)
const codes = [
  await run('real-xinference.ts', args),
  await run('real-openai-servers.ts', ['--if-installed', ...withinWhatIsLeft(args)]),
]
process.exitCode = Math.max(...codes)
