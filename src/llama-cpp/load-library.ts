import { MissingPackageError } from '../errors/missing-package-error.js'

/** The module `node-llama-cpp`. */
export type LlamaLibrary = typeof import('node-llama-cpp')

/**
 * Loads the optional package that holds llama.cpp.
 *
 * @throws HeadraceError `MISSING_PACKAGE` when it is not installed.
 */
export async function loadLibrary(
  load: () => Promise<LlamaLibrary> = () => import('node-llama-cpp'),
): Promise<LlamaLibrary> {
  try {
    return await load()
  } catch (cause) {
    if (!isMissing(cause)) throw cause
    throw new MissingPackageError(
      'Running a model in this process needs the package node-llama-cpp: run `npm install node-llama-cpp`.',
      { cause },
    )
  }
}

function isMissing(cause: unknown): boolean {
  return (
    cause instanceof Error &&
    'code' in cause &&
    cause.code === 'ERR_MODULE_NOT_FOUND' &&
    cause.message.includes("'node-llama-cpp'")
  )
}
