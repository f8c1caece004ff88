import { createHash, randomUUID } from 'node:crypto'
import { copyFile, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'

/** One file that was downloaded. */
export interface DownloadedFile {
  readonly commit: string
  readonly file: string
  /** As the Hub names the file's content; the content's own hash is taken when it is no fit name for a file. */
  readonly etag: string | undefined
  readonly bytes: Uint8Array
}

/**
 * A repository in the Hub's cache on this machine, in the layout that the Python library (huggingface_hub 1.x) reads and
 * writes, so that both share what they download: `refs/<revision>` holds a commit, `snapshots/<commit>/<file>` links to
 * `blobs/<etag>`, and `.no_exist/<commit>/<file>` remembers a file that is not there. Several processes may write at once.
 */
export class HubCache {
  readonly folder: string

  constructor(root: string, id: string) {
    this.folder = join(root, `models--${id.replaceAll('/', '--')}`)
  }

  /** The commit that a branch or tag stood for when something of it was downloaded last. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (isCommit(revision)) return revision
    const text = (await readOptional(join(this.folder, 'refs', revision)))?.toString('utf8').trim()
    return text !== undefined && isCommit(text) ? text : undefined
  }

  /** `null` for a file that the commit is known not to have. */
  async read(commit: string, file: string): Promise<Buffer | null | undefined> {
    const bytes = await readOptional(join(this.folder, 'snapshots', commit, file))
    if (bytes !== undefined) return bytes
    return (await readOptional(join(this.folder, '.no_exist', commit, file))) === undefined ? undefined : null
  }

  /** The names in a folder of the commit, as far as they were downloaded. */
  async list(commit: string, folder: string): Promise<readonly string[]> {
    return readdir(join(this.folder, 'snapshots', commit, folder)).catch(() => [])
  }

  async writeRevision(revision: string, commit: string): Promise<void> {
    if (!isCommit(revision)) await this.#write(join(this.folder, 'refs', revision), commit)
  }

  async writeAbsence(commit: string, file: string): Promise<void> {
    await this.#write(join(this.folder, '.no_exist', commit, file), '')
  }

  async writeFile({ commit, file, etag, bytes }: DownloadedFile): Promise<void> {
    const hash = (): string => createHash('sha256').update(bytes).digest('hex')
    const name = etag !== undefined && /^[0-9a-f]{40,64}$/.test(etag) ? etag : hash()
    const blob = join(this.folder, 'blobs', name)
    await this.#write(blob, bytes)
    const path = join(this.folder, 'snapshots', commit, file)
    const temporary = await beside(path)
    try {
      // Not everybody may make links on Windows.
      await symlink(relative(dirname(path), blob), temporary).catch(async () => copyFile(blob, temporary))
      await rename(temporary, path)
    } finally {
      await rm(temporary, { force: true })
    }
  }

  /** Whole or not at all: others may read it at any moment. */
  async #write(path: string, content: string | Uint8Array): Promise<void> {
    const temporary = await beside(path)
    try {
      await writeFile(temporary, content)
      await rename(temporary, path)
    } finally {
      await rm(temporary, { force: true })
    }
  }
}

export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision)
}

/** A new name in the same folder, which is made if need be. */
async function beside(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  return `${path}.${randomUUID()}.incomplete`
}

async function readOptional(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined
    throw error
  }
}
