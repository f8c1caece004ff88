import { open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { JournalError } from '../errors/journal-error.js'
import type { SerializedLLM } from '../llm/llm.js'
import type { SourceIdentity } from './sources/source.js'

/** What a run was asked to do: `manifest.json` in its folder. The hashes of the input are in the journal. */
export interface RunManifest {
  /** Of this file's form. */
  readonly version: 1
  /** The package that began the run. */
  readonly headrace: string
  /** ISO 8601. */
  readonly createdAt: string
  readonly input: SourceIdentity
  readonly task: { readonly name: string; readonly config: Readonly<Record<string, unknown>> }
  /** Without secrets. */
  readonly model: SerializedLLM
  /** Other models that were allowed to answer rows besides it. The same one at other addresses is not listed. */
  readonly otherModels?: readonly SerializedLLM[] | undefined
  /** What the server says the model is, once it was asked. */
  readonly modelName: string | undefined
  readonly options: Readonly<Record<string, unknown>>
  readonly numGenerations: number
}

export const manifestFile = 'manifest.json'

/** @returns `undefined` when the folder holds none. @throws JournalError `JOURNAL_FAILED` when it cannot be read. */
export async function readManifest(folder: string): Promise<RunManifest | undefined> {
  const path = join(folder, manifestFile)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new JournalError(
      `${path} cannot be read (${(cause as NodeJS.ErrnoException).code}): check the permissions.`,
      {
        cause,
      },
    )
  }
  try {
    const manifest = JSON.parse(text) as RunManifest
    if (manifest.version === 1) return manifest
  } catch (cause) {
    throw new JournalError(`${path} is not JSON: give another folder, or fork the run.`, { cause })
  }
  throw new JournalError(`${path} is of another version of Headrace: use that one, or fork the run.`)
}

/** Puts the manifest in its place, whole or not at all. */
export async function writeManifest(folder: string, manifest: RunManifest): Promise<void> {
  const path = join(folder, manifestFile)
  const handle = await open(`${path}.new`, 'w')
  try {
    await handle.writeFile(`${JSON.stringify(manifest, undefined, 2)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${path}.new`, path)
  await syncFolder(dirname(path))
}

/** Makes the names in a folder safe, where the system can. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
