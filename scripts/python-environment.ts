import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { runTool } from './run-tool.js'

/** Why there is nothing to compare with here. */
export class Unavailable extends Error {}

/** @throws Unavailable when the program fails. */
export async function orUnavailable(what: string, name: string, ...args: readonly string[]): Promise<void> {
  const { code, output } = await runTool(name, args, process.cwd())
  if (code !== 0) throw new Unavailable(`${what}: ${output.trim().split('\n').at(-1) ?? ''}`)
}

/**
 * The Python of a virtual environment with the packages of a requirements file, which is made if need be.
 * `HEADRACE_PYTHON` names the Python to make it with.
 *
 * @throws Unavailable when it cannot be made here.
 */
export async function preparePython(cache: string, requirements: string): Promise<string> {
  const folder = join(cache, 'venv')
  const python = join(folder, 'bin', 'python')
  const wanted = await readFile(requirements, 'utf8')
  // Written when all is installed: an environment without it, or of other versions, is made anew.
  const mark = join(folder, 'installed.txt')
  await mkdir(cache, { recursive: true })
  if (!existsSync(mark) || (await readFile(mark, 'utf8')) !== wanted) {
    const packages = wanted.split('\n').filter((line) => /^\w/.test(line))
    process.stderr.write(`Installing ${packages.join(', ')} into ${folder}.\n`)
    await rm(folder, { recursive: true, force: true })
    const system = process.env['HEADRACE_PYTHON'] ?? 'python3'
    await orUnavailable('no virtual environment could be made', system, '-m', 'venv', folder)
    await orUnavailable('the packages could not be installed', python, '-m', 'pip', 'install', '-r', requirements)
    await writeFile(mark, wanted)
  }
  return python
}
