import { existsSync, statSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

import type { Deadline } from './deadline.js'
import { checkIndex, findPython, orUnavailable } from './python.js'
import { Unavailable } from './unavailable.js'

export interface Installation {
  readonly root: string
  /** Where the environment `venv` and the model `demo` come to lie. */
  readonly cache: string
  /** `false`: nothing is installed that is not there. */
  readonly isWanted: boolean
  readonly deadline: Deadline
}

const compiled = 'llama-cpp-python=='
const suites = join('test', 'real', 'openai-servers')

/** llama-cpp-python is compiled for any CPU, quickly, without what only images need. */
const compilation = {
  CMAKE_ARGS: '-DLLAVA_BUILD=OFF -DGGML_NATIVE=OFF -DCMAKE_CXX_FLAGS_RELEASE=-O1 -DCMAKE_C_FLAGS_RELEASE=-O2',
  CMAKE_BUILD_PARALLEL_LEVEL: String(availableParallelism()),
}

/** Makes the environment and the model for transformers, if need be. @throws Unavailable */
export async function installOpenAIServers({ root, cache, isWanted, deadline }: Installation): Promise<void> {
  const wanted = await readFile(join(root, suites, 'requirements.txt'), 'utf8')
  const venv = join(cache, 'venv')
  // Written when all is installed: an environment without it, or of other versions, is made anew.
  const mark = join(venv, 'installed.txt')
  if (existsSync(mark) && (await readFile(mark, 'utf8')) === wanted) return makeModel({ root, cache, deadline })
  if (!isWanted)
    throw new Unavailable("the servers of OpenAI's protocol are not installed: npm run test:real:openai installs them")
  const how = { cwd: root, deadline }
  const system = await findPython(root)
  const lines = wanted.split('\n').filter((line) => line.includes('=='))
  await checkIndex(system, wanted, root)
  process.stdout.write(`Installing into ${cache}: about 1.3 GB, and a compilation of some minutes.\n`)
  await rm(venv, { recursive: true, force: true })
  await mkdir(cache, { recursive: true })
  await orUnavailable('no virtual environment could be made', system, ['-m', 'venv', venv], how)
  const python = join(venv, 'bin', 'python')
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-deps']
  const binary = join(cache, 'binary.txt')
  await writeFile(binary, lines.filter((line) => !line.startsWith(compiled)).join('\n'))
  const about = "the packages could not be installed (torch's CPU build is in PyTorch's own index: see docs/servers.md)"
  await orUnavailable(about, python, [...pip, '-r', binary], how)
  await makeModel({ root, cache, deadline })
  Object.assign(process.env, compilation)
  try {
    await orUnavailable('', python, [...pip, ...lines.filter((line) => line.startsWith(compiled))], how)
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    // The other server can be asked all the same.
    process.stderr.write(`llama-cpp-python could not be compiled${error.message}\n`)
  }
  await writeFile(mark, wanted)
  process.stdout.write(`Installed after ${deadline.elapsed()}.\n`)
}

/** The demo model as a folder for transformers, made anew when the demo model is a newer one. */
async function makeModel({ root, cache, deadline }: Omit<Installation, 'isWanted'>): Promise<void> {
  const source = join(root, 'models', 'demo')
  const target = join(cache, 'demo')
  const made = join(target, 'config.json')
  if (existsSync(made) && statSync(made).mtimeMs > statSync(join(source, 'demo.gguf')).mtimeMs) return
  const args = [join(root, suites, 'make-model.py'), source, target]
  const python = join(cache, 'venv', 'bin', 'python')
  await orUnavailable('the model for transformers could not be made', python, args, { cwd: root, deadline })
}
