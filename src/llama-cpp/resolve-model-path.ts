import { resolve } from 'node:path'

import { AbortedError } from '../errors/aborted-error.js'
import { ConnectionError } from '../errors/connection-error.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { ModelNotFoundError } from '../errors/model-not-found-error.js'
import type { LlamaLibrary } from './load-library.js'

/** Where downloaded models are kept, and how a download is stopped. */
export interface ResolveModelPathOptions {
  /** @defaultValue node-llama-cpp's own, `~/.node-llama-cpp/models`, so that what its command downloaded is found */
  readonly modelsDirectory?: string | undefined
  readonly signal?: AbortSignal | undefined
}

const connectMs = 10_000

/**
 * The path of a model's file. `hf:organisation/repository/file.gguf` names a file on the Hugging Face Hub, which is
 * downloaded once; `HF_TOKEN` and `HF_ENDPOINT` of the environment hold.
 *
 * @throws HeadraceError `CONNECTION_FAILED`, `MODEL_NOT_FOUND`, `INVALID_OPTION` for an address that is none, `ABORTED`.
 */
export async function resolveModelPath(
  modelPath: string,
  library: Pick<LlamaLibrary, 'resolveModelFile'>,
  { modelsDirectory, signal }: ResolveModelPathOptions = {},
): Promise<string> {
  if (!modelPath.startsWith('hf:')) return resolve(modelPath)
  const [, repository, file] = /^hf:([^/\s:]+\/[^/\s:]+)(?:\/(\S+)|:\S+)?$/.exec(modelPath) ?? []
  if (repository === undefined) {
    throw new InvalidOptionError(
      `modelPath is '${modelPath}', which names no file on the Hub: write hf:organisation/repository/file.gguf.`,
      { option: 'modelPath' },
    )
  }
  const place = { cli: false, ...(modelsDirectory === undefined ? undefined : { directory: modelsDirectory }) }
  const known = await library.resolveModelFile(modelPath, { ...place, download: false }).catch(() => undefined)
  if (known !== undefined) return known
  try {
    const page = file === undefined ? `api/models/${repository}` : `${repository}/resolve/main/${file}`
    await checkHub(page, modelPath, signal)
    return await library.resolveModelFile(modelPath, { ...place, ...(signal === undefined ? undefined : { signal }) })
  } catch (cause) {
    if (signal?.aborted) throw new AbortedError(`The download of ${modelPath} was aborted.`, { cause: signal.reason })
    if (cause instanceof ModelNotFoundError) throw cause
    throw new ConnectionError(
      `${modelPath} is not on this machine and could not be downloaded (${reasonOf(cause)}): check the network, or give the path of a local file.`,
      { cause },
    )
  }
}

/** node-llama-cpp (3.22) asks again for ever where there is no network, and does not hear its signal meanwhile. */
async function checkHub(page: string, modelPath: string, signal: AbortSignal | undefined): Promise<void> {
  const { HF_ENDPOINT: endpoint = 'https://huggingface.co', HF_TOKEN: token } = process.env
  const { status } = await fetch(new URL(page, endpoint.endsWith('/') ? endpoint : `${endpoint}/`), {
    method: 'HEAD',
    // A file lies on another host, which the token is not for.
    redirect: 'manual',
    signal: AbortSignal.any([AbortSignal.timeout(connectMs), ...(signal === undefined ? [] : [signal])]),
    ...(token === undefined ? undefined : { headers: { authorization: `Bearer ${token}` } }),
  })
  if (status < 400) return
  if (status === 401 || status === 403 || status === 404) {
    throw new ModelNotFoundError(
      `The Hub has no ${modelPath}, or it is not public (status ${status}): check the name, or set HF_TOKEN.`,
      { status },
    )
  }
  throw new Error(`the Hub answered with status ${status}`)
}

/** `fetch` says what happened only in the cause of its error. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
