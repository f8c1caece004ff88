import { FileError } from '../../errors/file-error.js'
import { InvalidOptionError } from '../../errors/invalid-option-error.js'
import { redactError } from '../../transport/redact.js'
import { systemRuntime } from '../../transport/system-runtime.js'
import { UndiciTransport } from '../../transport/undici-transport.js'
import type { TokenizerSource } from '../tokenizer-source.js'
import { HubCache } from './hub-cache.js'
import { HubClient } from './hub-client.js'
import { hubCacheFolder, hubUrlOf, isHuggingFace, isOffline } from './hub-environment.js'
import { findHubToken } from './hub-token.js'
import { HubFiles, openFolder, type RepositoryFiles } from './repository-files.js'

const defaultTimeoutMs = 120_000
const connectMs = 10_000

/**
 * Calls `use` with the files of a folder of this machine, or of a repository of the Hub.
 *
 * @throws HeadraceError `INVALID_OPTION`, `FILE_UNREADABLE`, and those of `use`, without the token.
 */
export async function withRepository<T>(
  id: string,
  source: TokenizerSource,
  use: (files: RepositoryFiles) => Promise<T>,
): Promise<T> {
  const folder = await openFolder(id)
  if (folder !== undefined) return use(folder)
  const { revision = 'main', runtime = systemRuntime, timeoutMs = defaultTimeoutMs, signal } = source
  checkNames(id, revision)
  const { env } = runtime
  const cache = new HubCache(source.cacheDir ?? hubCacheFolder(env), id)
  if (source.offline ?? isOffline(env)) return use(new HubFiles(id, revision, cache, undefined))
  const hubUrl = (source.hubUrl ?? hubUrlOf(env)).replace(/\/+$/, '')
  if (!URL.canParse(hubUrl)) {
    throw new InvalidOptionError(
      `The Hub's address ${JSON.stringify(hubUrl)} is none: it must be like https://huggingface.co.`,
      {
        option: 'hubUrl',
      },
    )
  }
  // Of itself a token goes only to where it is from.
  const token = source.token ?? (isHuggingFace(hubUrl) ? await findHubToken(env) : undefined)
  const transport = source.transport ?? new UndiciTransport({ connectMs, env })
  try {
    const client = new HubClient({ transport, runtime, hubUrl, token, timeoutMs, signal })
    return await use(new HubFiles(id, revision, cache, client))
  } catch (error) {
    throw redactError(error, token === undefined ? [] : [token])
  } finally {
    if (source.transport === undefined) await transport.close()
  }
}

/** Names become paths and addresses, so they are checked first. */
function checkNames(id: string, revision: string): void {
  if (/^[~./]|^[a-z]:|\\|\/.*\//i.test(id)) {
    throw new FileError(`There is no folder ${id}: check the path.`)
  }
  if (!/^[\w.-]+(?:\/[\w.-]+)?$/.test(id) || id.includes('..')) {
    throw new InvalidOptionError(
      `${JSON.stringify(id)} is neither a folder nor the name of a repository, such as Qwen/Qwen3-8B.`,
      { option: 'tokenizerId' },
    )
  }
  if (!/^[\w.-]+(?:\/[\w.-]+)*$/.test(revision) || revision.includes('..')) {
    throw new InvalidOptionError(`${JSON.stringify(revision)} is no name of a branch, a tag or a commit.`, {
      option: 'revision',
    })
  }
}
