import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'

import { FileError } from '../../errors/file-error.js'
import { RunChangedError } from '../../errors/run-changed-error.js'
import { ChunkHasher } from './chunk-hasher.js'
import { jsonlSource } from './jsonl-source.js'
import type { Source } from './source.js'

/**
 * Keeps an input that can be read only once in a file, from which the run then reads. An input that is empty while the
 * file is already there means that one.
 *
 * @throws RunChangedError `RUN_CHANGED` when another input was kept before.
 */
export async function spoolInput(input: AsyncIterable<string | Uint8Array>, path: string): Promise<Source> {
  const fresh = `${path}.new`
  let bytes = 0
  const file = createWriteStream(fresh)
  try {
    for await (const piece of input) {
      bytes += piece.length
      if (!file.write(piece)) await once(file, 'drain')
    }
    file.end()
    await once(file, 'finish')
    await sync(fresh)
  } catch (cause) {
    file.destroy()
    await rm(fresh, { force: true })
    throw new FileError(`The input cannot be kept in ${path}: ${(cause as Error).message}.`, { cause })
  }
  const isKept = await stat(path).then(
    () => true,
    () => false,
  )
  if (!isKept) {
    await rename(fresh, path)
    return jsonlSource(path)
  }
  const isSame = bytes === 0 || (await hashOf(fresh)) === (await hashOf(path))
  await rm(fresh)
  if (!isSame) {
    throw new RunChangedError(
      'The input is another one than the run was begun with: give the same one, or fork the run.',
    )
  }
  return jsonlSource(path)
}

/** Rows as JSON Lines. */
export async function* toLines(rows: Iterable<unknown> | AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const row of rows) yield `${JSON.stringify(row) ?? 'null'}\n`
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function hashOf(path: string): Promise<string> {
  const hashes: string[] = []
  const hasher = new ChunkHasher(0, 0, ({ hash }) => hashes.push(hash))
  const handle = await open(path)
  for await (const bytes of handle.createReadStream() as AsyncIterable<Uint8Array>) hasher.update(bytes)
  hasher.end()
  return hashes.join()
}
