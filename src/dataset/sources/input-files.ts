import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import { FileError } from '../../errors/file-error.js'

/**
 * The files that paths name, in their order; `*` and `?` in the last part of a path stand for any characters and for one,
 * and their files come sorted by name.
 *
 * @throws FileError `FILE_UNREADABLE` when there is none.
 */
export async function findInputFiles(paths: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(paths.map(expand))
  return found.flat()
}

async function expand(path: string): Promise<readonly string[]> {
  if (!/[*?]/.test(basename(path)) || (await exists(path))) return [path]
  const folder = dirname(path)
  const pattern = new RegExp(
    `^${basename(path)
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  )
  let names: readonly string[]
  try {
    names = await readdir(folder)
  } catch (cause) {
    throw new FileError(`The folder ${folder} cannot be read: check the path.`, { cause })
  }
  const matching = names.filter((name) => pattern.test(name) && !name.startsWith('.')).toSorted()
  if (matching.length === 0) throw new FileError(`No file matches ${path}: check the path.`)
  return matching.map((name) => join(folder, name))
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
