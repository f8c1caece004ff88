import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Deadline } from '../real-server/deadline.js'
import { checkIndex, findPython, orUnavailable } from '../real-server/python.js'
import { Unavailable } from '../real-server/unavailable.js'
import type { Environment } from './programs.js'

export interface Installation {
  readonly root: string
  /** `false`: nothing is installed that is not there. */
  readonly isWanted: boolean
  readonly deadline: Deadline
}

const suite = join('test', 'real', 'clients')

/** npm's clients, as their lockfile says, into their own folder. @throws Unavailable */
export async function installNpmClients(installation: Installation): Promise<void> {
  const folder = join(installation.root, suite, 'npm')
  await installNpm(folder, installation, "npm's clients, about 100 MB")
}

/** promptfoo, as its lockfile says, but without what is optional (browsers and clouds). @returns its folder @throws Unavailable */
export async function installPromptfoo(installation: Installation): Promise<string> {
  const { root } = installation
  const folder = join(root, '.cache', 'clients', 'promptfoo')
  await mkdir(folder, { recursive: true })
  for (const name of ['package.json', 'package-lock.json']) {
    await copyFile(join(root, 'bench', 'ancestors', 'promptfoo', name), join(folder, name))
  }
  await installNpm(folder, installation, 'promptfoo, about 260 MB', '--omit=optional')
  return folder
}

async function installNpm(
  folder: string,
  { isWanted, deadline }: Installation,
  what: string,
  ...options: readonly string[]
): Promise<void> {
  const lockfile = await readFile(join(folder, 'package-lock.json'), 'utf8')
  await once(join(folder, 'node_modules', 'installed.json'), lockfile, isWanted, async () => {
    process.stdout.write(`Installing ${what}, into ${folder}.\n`)
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', ...options]
    await orUnavailable('npm ci failed', 'npm', args, { cwd: folder, deadline })
  })
}

/** The clients of one environment, version by version. @returns its Python @throws Unavailable */
export async function installPythonClients(
  name: Environment,
  { root, isWanted, deadline }: Installation,
): Promise<string> {
  const requirements = join(root, suite, 'python', `requirements-${name}.txt`)
  const wanted = await readFile(requirements, 'utf8')
  const cache = join(root, '.cache', 'clients')
  const venv = join(cache, name)
  const python = join(venv, 'bin', 'python')
  await once(join(venv, 'installed.txt'), wanted, isWanted, async () => {
    if (process.platform === 'win32') throw new Unavailable('it needs Linux or macOS')
    const how = { cwd: root, deadline }
    const system = await findPython(root)
    await checkIndex(system, wanted, root)
    process.stdout.write(`Installing Python's clients into ${venv}.\n`)
    await rm(venv, { recursive: true, force: true })
    await mkdir(cache, { recursive: true })
    await orUnavailable('no virtual environment could be made', system, ['-m', 'venv', venv], how)
    const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-deps', '-r', requirements]
    await orUnavailable('the packages could not be installed', python, pip, how)
  })
  return python
}

/** Installs unless the mark says that this was done. */
async function once(mark: string, wanted: string, isWanted: boolean, install: () => Promise<void>): Promise<void> {
  if (existsSync(mark) && (await readFile(mark, 'utf8')) === wanted) return
  if (!isWanted) throw new Unavailable('not installed: npm run test:clients installs it')
  await install()
  await writeFile(mark, wanted)
}
