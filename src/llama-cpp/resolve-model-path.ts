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

/**
 * The path of a model's file. `hf:organisation/repository/file.gguf` names a file on the Hugging Face Hub, which is
 * downloaded once.
 *
 * @throws HeadraceError `CONNECTION_FAILED`, `MODEL_NOT_FOUND`, `INVALID_OPTION` for an address that is none, `ABORTED`.
 */
export async function resolveModelPath(
  modelPath: string,
  library: Pick<LlamaLibrary, 'resolveModelFile'>,
  { modelsDirectory, signal }: ResolveModelPathOptions = {},
): Promise<string> {
  if (!modelPath.startsWith('hf:')) return resolve(modelPath)
  if (!/^hf:[^/\s]+\/[^/\s]+(\/\S+|:\S+)?$/.test(modelPath)) {
    throw new InvalidOptionError(
      `modelPath is '${modelPath}', which names no file on the Hub: write hf:organisation/repository/file.gguf.`,
      { option: 'modelPath' },
    )
  }
  try {
    return await library.resolveModelFile(modelPath, {
      cli: false,
      ...(modelsDirectory === undefined ? undefined : { directory: modelsDirectory }),
      ...(signal === undefined ? undefined : { signal }),
    })
  } catch (cause) {
    if (signal?.aborted) throw new AbortedError(`The download of ${modelPath} was aborted.`, { cause: signal.reason })
    const reason = cause instanceof Error ? cause.message : String(cause)
    if (/\b40[134]\b|not found/i.test(reason)) {
      throw new ModelNotFoundError(`The Hub has no ${modelPath}, or it is not public (${reason}): check the name.`, {
        cause,
      })
    }
    throw new ConnectionError(
      `${modelPath} is not on this machine and could not be downloaded (${reason}): check the network, or give the path of a local file.`,
      { cause },
    )
  }
}
