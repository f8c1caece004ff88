import { existsSync } from 'node:fs'
import { chmod, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { runTool } from './run-tool.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

/**
 * Compiles `src` into `dist`, which is replaced when all is there: a process that reads it meanwhile never sees half of
 * a build, and two builds at a time do not mix.
 *
 * @param tolerateTypeErrors - Keep what was emitted although types are wrong; they are printed all the same.
 * @throws Error with the compiler's output when it does not compile.
 */
export async function build({ tolerateTypeErrors = false }: { tolerateTypeErrors?: boolean } = {}): Promise<void> {
  const startedAt = new Date()
  const fresh = join(root, '.cache', `build-${process.pid}`)
  try {
    const { code, output } = await runTool('tsc', ['-p', 'tsconfig.build.json', '--outDir', fresh], root)
    if (code !== 0 && !(tolerateTypeErrors && existsSync(fresh))) throw new Error(`tsc failed:\n${output}`)
    if (code !== 0) process.stderr.write(`Built with type errors:\n${output}`)
    const command = join(fresh, 'cli', 'main.js')
    if (existsSync(command)) await chmod(command, 0o755)
    await utimes(fresh, startedAt, startedAt)
    await replace(fresh, `${fresh}.old`)
  } finally {
    await rm(fresh, { recursive: true, force: true })
    await rm(`${fresh}.old`, { recursive: true, force: true })
  }
}

/** Puts a finished build in the place of `dist`, which a build in another process may be doing as well. */
async function replace(fresh: string, old: string, attempts = 5): Promise<void> {
  try {
    if (existsSync(dist)) await rename(dist, old)
    await rename(fresh, dist)
  } catch (error) {
    if (attempts === 1) throw error
    await rm(old, { recursive: true, force: true })
    await replace(fresh, old, attempts - 1)
  }
}

/** Whether nothing that goes into `dist` has changed since its build began. */
export async function isBuilt(): Promise<boolean> {
  if (!existsSync(dist)) return false
  const builtAt = (await stat(dist)).mtimeMs
  const sources = await readdir(join(root, 'src'), { recursive: true })
  const inputs = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'src'].concat(
    sources.filter((path) => !path.endsWith('.test.ts')).map((path) => join('src', path)),
  )
  // Folders are among the inputs: the deletion of a file changes the time of its folder only.
  const times = await Promise.all(inputs.map(async (path) => (await stat(join(root, path))).mtimeMs))
  return times.every((time) => time < builtAt)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await build().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  })
}
