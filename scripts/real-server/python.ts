import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { runTool } from '../run-tool.js'
import type { Deadline } from './deadline.js'
import { Unavailable } from './unavailable.js'

const probe = 'annotated-doc'
const probeMs = 30_000

/** A Python that can make virtual environments; `HEADRACE_PYTHON` names another. @throws Unavailable */
export async function findPython(cwd: string): Promise<string> {
  const given = process.env['HEADRACE_PYTHON']
  const names = given === undefined ? ['python3', 'python3.11', 'python3.12', 'python3.13'] : [given]
  for (const name of names) {
    const check = 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
    if ((await runTool(name, ['-c', check], cwd)).code === 0) return name
  }
  throw new Unavailable(`there is no Python 3.11 to 3.13 with venv (tried ${names.join(', ')})`)
}

/** Asks an index for one small package of the requirements first: without a network pip would try long. @throws Unavailable */
export async function checkIndex(python: string, requirements: string, cwd: string): Promise<void> {
  const [pinned = probe] = requirements.split('\n').filter((line) => line.startsWith(`${probe}==`))
  const target = await mkdtemp(join(tmpdir(), 'headrace-pip-'))
  try {
    const options = ['--disable-pip-version-check', '--no-deps', '--no-cache-dir', '--retries', '1', '--timeout', '10']
    const args = ['-m', 'pip', 'download', ...options, '--dest', target, pinned]
    const { code } = await runTool(python, args, cwd, probeMs)
    if (code !== 0) throw new Unavailable(`pip found no index that has ${pinned} within ${probeMs / 1000} s`)
  } finally {
    await rm(target, { recursive: true, force: true })
  }
}

/** Runs a program that must end well. @throws Unavailable `what`, and the end of what it said. */
export async function orUnavailable(
  what: string,
  name: string,
  args: readonly string[],
  { cwd, deadline }: { readonly cwd: string; readonly deadline: Deadline },
): Promise<void> {
  const { code, output } = await runTool(name, args, cwd, deadline.leftMs())
  if (code === 0) return
  deadline.check()
  const last = output.trim().split('\n').at(-1) ?? ''
  throw new Unavailable(`${what}: ${last.length > 300 ? `...${last.slice(-300)}` : last}`)
}
