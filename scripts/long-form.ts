/** `tsx scripts/long-form.ts TEST...`: runs tests in the form that takes too long for `npm test`. */
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
const child = spawn(process.execPath, [vitest, 'run', ...process.argv.slice(2)], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  env: { ...process.env, HEADRACE_LONG: '1' },
  stdio: 'inherit',
})
child.on('close', (code) => (process.exitCode = code ?? 1))
