/** `npm run check`: every check that is not a plain test. All of them run; the summary names each one. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { build } from './build.js'
import { type ToolResult, runTool } from './run-tool.js'
import { typeBudget } from './type-budget.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const scratch = await mkdtemp(join(tmpdir(), 'headrace-check-'))

async function tool(name: string, ...args: readonly string[]): Promise<ToolResult> {
  return runTool(name, args, root)
}

async function buildOrExplain(): Promise<ToolResult> {
  try {
    await build()
    return { code: 0, output: '' }
  } catch (error) {
    return { code: 1, output: `${error instanceof Error ? error.message : String(error)}\n` }
  }
}

/** The wrong type test must be refused, and for its own reason: proof that type tests are compiled and can fail. */
async function wrongTypesAreRefused(): Promise<ToolResult> {
  const { code, output } = await tool('tsc', '-p', 'test/types/tsconfig.wrong.json', '--pretty', 'false')
  const errors = output.split('\n').filter((line) => line.includes('error TS'))
  const isRefused = code !== 0 && errors.length === 1 && /^test\/types\/wrong\.ts\(.*error TS2344/.test(errors[0] ?? '')
  return isRefused ? { code: 0, output } : { code: 1, output: `Expected exactly one TS2344 in wrong.ts.\n${output}` }
}

/** Both tools look at what users get: the packed files. */
async function packed(name: string, ...args: readonly string[]): Promise<ToolResult> {
  const tarball = await tool('npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', scratch)
  if (tarball.code !== 0) return tarball
  return tool(name, ...args, join(scratch, tarball.output.trim().split('\n').at(-1) ?? ''))
}

const checks: readonly (readonly [name: string, check: () => Promise<ToolResult>])[] = [
  ['build', buildOrExplain],
  ['types, type tests', () => tool('tsc')],
  ['a wrong type test fails', wrongTypesAreRefused],
  ['type-check budget', typeBudget],
  ['format', () => tool('oxfmt', '--check')],
  ['lint, floors, circles', () => tool('oxlint')],
  ['unused code (knip)', () => tool('knip', '--no-progress')],
  ['package (publint)', () => packed('publint', 'run', '--strict')],
  ['package types (attw)', () => packed('attw', '--profile', 'esm-only', '--no-emoji')],
  ['packed tarball', () => tool('vitest', 'run', '--project', 'packed')],
]

const failed: string[] = []
try {
  for (const [name, check] of checks) {
    const startedAt = performance.now()
    const { code, output } = await check()
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    process.stdout.write(`${code === 0 ? 'ok    ' : 'FAILED'}  ${name.padEnd(26)} ${seconds.padStart(5)} s\n`)
    if (code === 0) continue
    failed.push(name)
    process.stdout.write(`${output.trimEnd().replaceAll(/^/gm, '        ')}\n`)
  }
} finally {
  await rm(scratch, { recursive: true, force: true })
}
process.stdout.write(failed.length === 0 ? 'All checks passed.\n' : `Failed: ${failed.join('; ')}.\n`)
process.exitCode = failed.length === 0 ? 0 : 1
