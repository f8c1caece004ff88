import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { Deadline } from './deadline.js'
import { checkIndex, findPython, orUnavailable } from './python.js'
import { Unavailable } from './unavailable.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const requirements = join(root, 'test', 'real', 'requirements.txt')
/** Where the environment is kept, and the logs of servers. */
export const xinferenceCache: string = join(root, '.cache', 'xinference')

/** The `bin` folder of an environment with Xinference; installs it if need be. */
export async function xinferenceEnvironment(deadline: Deadline): Promise<string> {
  const given = process.env['HEADRACE_XINFERENCE_VENV']
  if (given !== undefined && given !== '') {
    const bin = join(given, 'bin')
    if (!existsSync(join(bin, 'xinference-local'))) throw new Unavailable(`${given} has no bin/xinference-local`)
    return bin
  }
  const folder = join(xinferenceCache, 'venv')
  const bin = join(folder, 'bin')
  const wanted = await readFile(requirements, 'utf8')
  // Written when all is installed: an environment without it, or of other versions, is made anew.
  const mark = join(folder, 'installed.txt')
  if (existsSync(mark) && (await readFile(mark, 'utf8')) === wanted) return bin
  const how = { cwd: root, deadline }
  const python = await findPython(root)
  await checkIndex(python, wanted, root)
  process.stdout.write(`Installing Xinference into ${folder} (about 2 GB, some minutes).\n`)
  await rm(folder, { recursive: true, force: true })
  await mkdir(xinferenceCache, { recursive: true })
  await orUnavailable('no virtual environment could be made', python, ['-m', 'venv', folder], how)
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-deps', '-r', requirements]
  await orUnavailable(
    "the packages could not be installed (torch's CPU build is in PyTorch's own index: see docs/servers.md)",
    join(bin, 'python'),
    pip,
    how,
  )
  const use = ['-c', 'import xinference, xllamacpp']
  await orUnavailable('what was installed cannot be imported', join(bin, 'python'), use, how)
  await writeFile(mark, wanted)
  process.stdout.write(`Installed after ${deadline.elapsed()}.\n`)
  return bin
}

/** What the server is started with: no network, and nothing that a slow machine would be taken for sick by. */
export function xinferenceVariables(bin: string, home: string): NodeJS.ProcessEnv {
  return {
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    HOME: home,
    XINFERENCE_HOME: home,
    // No hub is asked, no environment is made for a model.
    HF_HUB_OFFLINE: '1',
    XINFERENCE_MODEL_SRC: 'huggingface',
    XINFERENCE_ENABLE_VIRTUAL_ENV: '0',
    XINFERENCE_DISABLE_METRICS: '1',
    XINFERENCE_DISABLE_HEALTH_CHECK: '1',
    XINFERENCE_HEALTH_CHECK_FAILURE_THRESHOLD: '120',
    XINFERENCE_HEALTH_CHECK_INTERVAL: '2',
    XINFERENCE_HEALTH_CHECK_TIMEOUT: '60',
  }
}
