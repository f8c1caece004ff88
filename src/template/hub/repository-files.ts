import { readdir, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { FileError } from '../../errors/file-error.js'
import { isHeadraceError } from '../../errors/headrace-error.js'
import { ConnectionError } from '../../errors/connection-error.js'
import type { HubCache } from './hub-cache.js'
import type { HubClient } from './hub-client.js'

/** The files of a repository, wherever they lie. */
export interface RepositoryFiles {
  /** What this is, for messages: `the folder /models/x`. */
  readonly title: string
  /** A text file; `undefined` when there is none of that name. */
  read(file: string): Promise<string | undefined>
  /** The names of the files in a folder. */
  list(folder: string): Promise<readonly string[]>
}

/** The files of a folder of this machine; `undefined` when there is no such folder. */
export async function openFolder(path: string): Promise<RepositoryFiles | undefined> {
  const folder = resolve(path)
  const found = await stat(folder).catch(() => undefined)
  if (found === undefined) return undefined
  if (!found.isDirectory()) throw new FileError(`${path} is a file: give the folder that holds it.`)
  return {
    title: `the folder ${path}`,
    async read(file) {
      try {
        return await readFile(join(folder, file), 'utf8')
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw new FileError(`${join(path, file)} cannot be read.`, { cause })
      }
    },
    list: (name) => readdir(join(folder, name)).catch(() => []),
  }
}

/**
 * The files of a repository of the Hub: those of this machine's cache as they are, without a request; the others are
 * downloaded into it, of the same commit.
 */
export class HubFiles implements RepositoryFiles {
  readonly title: string
  readonly #id: string
  readonly #revision: string
  readonly #cache: HubCache
  readonly #client: HubClient | undefined
  #commit: Promise<string | undefined> | undefined
  #hasDownloaded = false

  /** `client`: `undefined` to ask nobody. */
  constructor(id: string, revision: string, cache: HubCache, client: HubClient | undefined) {
    this.title = client === undefined ? `the cache ${cache.folder}` : `${id} (${revision}) at ${client.hubUrl}`
    this.#id = id
    this.#revision = revision
    this.#cache = cache
    this.#client = client
  }

  async read(file: string): Promise<string | undefined> {
    this.#commit ??= this.#cache.commitOf(this.#revision)
    const commit = await this.#commit
    const cached = commit === undefined ? undefined : await this.#cache.read(commit, file)
    if (cached !== undefined) return cached?.toString('utf8')
    return this.#download(file, commit)
  }

  async list(folder: string): Promise<readonly string[]> {
    const commit = await this.#commit
    const cached = commit === undefined ? [] : await this.#cache.list(commit, folder)
    // Whoever has filled the cache has taken all of the folder or nothing.
    if (cached.length > 0 || !this.#hasDownloaded || this.#client === undefined) return cached
    return this.#client.list(this.#id, commit ?? this.#revision, folder)
  }

  async #download(file: string, commit: string | undefined): Promise<string | undefined> {
    if (this.#client === undefined) return undefined
    const found = await this.#client
      .download(this.#id, commit ?? this.#revision, file)
      .catch((error: unknown) => Promise.reject(this.#withAdvice(error)))
    this.#hasDownloaded = true
    if (found === undefined) {
      if (commit !== undefined) await this.#store(() => this.#cache.writeAbsence(commit, file))
      return undefined
    }
    const { bytes, etag } = found
    const newCommit = found.commit ?? commit
    if (newCommit !== undefined) {
      await this.#store(() => this.#cache.writeFile({ commit: newCommit, file, etag, bytes }))
      if (commit === undefined) await this.#store(() => this.#cache.writeRevision(this.#revision, newCommit))
      this.#commit = Promise.resolve(newCommit)
    }
    return new TextDecoder().decode(bytes)
  }

  /** A cache that cannot be written is no cache; the file is here all the same. */
  async #store(write: () => Promise<void>): Promise<void> {
    await write().catch(() => undefined)
  }

  #withAdvice(error: unknown): unknown {
    if (!isHeadraceError(error) || error.code !== 'CONNECTION_FAILED') return error
    const advice = `${error.message} Without a network, download ${this.#id} first (\`hf download ${this.#id}\`) and set HF_HUB_OFFLINE=1, or give a folder.`
    return new ConnectionError(advice, { cause: error, context: error.context })
  }
}
