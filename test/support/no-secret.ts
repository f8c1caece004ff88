import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'

import { expect } from 'vitest'

/** Everything that can be seen of a value. */
export function visible(value: unknown): string {
  const seen = [inspect(value, { depth: 20, showHidden: true }), JSON.stringify(value) ?? '']
  for (let error = value; error instanceof Error; error = error.cause) {
    seen.push(error.message, error.stack ?? '', String(error), inspect(Object.fromEntries(Object.entries(error))))
  }
  return seen.join('\n')
}

/** Nothing that can be seen of a value holds a marked secret. */
export function expectNoSecret(value: unknown, mark: RegExp = /MARKED/): void {
  expect(visible(value)).not.toMatch(mark)
}

/** Every byte of every file of a folder, by its path in it. */
export async function readAllFiles(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(
    await Promise.all(
      files.map(
        async (file) => [file.slice(folder.length + 1), await readFile(file, 'latin1').catch(vanished)] as const,
      ),
    ),
  )
}

/** A file that was only there while it was written. */
function vanished(error: NodeJS.ErrnoException): string {
  if (error.code !== 'ENOENT') throw error
  return ''
}
