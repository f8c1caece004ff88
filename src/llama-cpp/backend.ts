import { setTimeout as delay } from 'node:timers/promises'

import type { Llama } from 'node-llama-cpp'

import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { MissingPackageError } from '../errors/missing-package-error.js'
import type { LlamaLibrary } from './load-library.js'
import type { GpuChoice, GpuKind } from './loading-options.js'

/** llama.cpp with the drivers for one kind of GPU. */
export interface Backend {
  readonly llama: Llama
  /** What it said went wrong, oldest first; at most a hundred lines. Emptied by who is about to read it. */
  readonly complaints: string[]
}

const bytesWorthAGpu = 512 * 1024 * 1024
const complaintsKept = 100

// One instance for each kind, for all engines: they would take each other's log away, and disposing one would end the
// others' llama.cpp as well. So none is disposed; it holds no model and does not keep the process alive.
const backends = new Map<GpuKind, Promise<Backend>>()

/**
 * llama.cpp for this choice of GPU and this size of model. It is never compiled nor downloaded, and writes nothing to the
 * console.
 *
 * @throws HeadraceError `INVALID_OPTION` for a GPU that is not there, `MISSING_PACKAGE` when no binary fits the machine.
 */
export async function getBackend(
  library: LlamaLibrary,
  choice: GpuChoice | undefined,
  modelBytes: number,
): Promise<Backend> {
  const kinds = gpuCandidates(choice, modelBytes, await library.getLlamaGpuTypes('supported'))
  let failure: unknown
  for (const kind of kinds) {
    try {
      return await (backends.get(kind) ?? createBackend(library, kind))
    } catch (cause) {
      backends.delete(kind)
      failure = cause
    }
  }
  if (choice !== undefined && choice !== 'auto' && choice !== false) throw noSuchGpu(choice, failure)
  throw new MissingPackageError(
    'node-llama-cpp has no binary that runs on this machine: run `npm install node-llama-cpp` again here, with optional dependencies.',
    { cause: failure },
  )
}

/** What to try, in this order. `present`: what the machine has drivers for, the best first. */
export function gpuCandidates(
  choice: GpuChoice | undefined,
  modelBytes: number,
  present: readonly GpuKind[],
): readonly GpuKind[] {
  if (choice === 'auto') return present
  // A small model is done before a GPU has begun. Macs with Apple's processors have Metal and nothing else.
  if (choice === undefined) return modelBytes < bytesWorthAGpu && present.includes(false) ? [false] : present
  // node-llama-cpp takes a kind that the platform does not have for `auto`.
  if (choice !== false && !present.includes(choice)) throw noSuchGpu(choice, undefined)
  return [choice]
}

function noSuchGpu(kind: string, cause: unknown): InvalidOptionError {
  return new InvalidOptionError(`gpu is '${kind}', and no such device can be used here: use 'auto' or false.`, {
    option: 'gpu',
    cause,
  })
}

function createBackend(library: LlamaLibrary, gpu: GpuKind): Promise<Backend> {
  const complaints: string[] = []
  const backend = withoutInputType(async () => {
    const llama = await library.getLlama({
      gpu,
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      // The engine's own count holds, see `chooseThreads`.
      maxThreads: 0,
      logLevel: library.LlamaLogLevel.error,
      logger: (_level, line) => {
        if (complaints.length < complaintsKept) complaints.push(line.trim())
      },
    })
    return { llama, complaints }
  })
  backends.set(gpu, backend)
  return backend
}

/**
 * node-llama-cpp tries its binary out in a child process, which is given this process's own flags. `--input-type` is for
 * `node --eval` alone: with it the child fails, and the binary is taken for broken.
 */
async function withoutInputType<T>(act: () => Promise<T>): Promise<T> {
  const flags = process.execArgv
  const passable = flags.filter((flag) => !flag.startsWith('--input-type'))
  if (passable.length === flags.length) return act()
  process.execArgv = passable
  try {
    return await act()
  } finally {
    process.execArgv = flags
  }
}

const quietMs = 10
const longestWaitMs = 500

/** What a load that failed was complained of. The lines arrive from another thread, a little after the failure. */
export async function readComplaints({ complaints }: Backend): Promise<readonly string[]> {
  for (let waitedMs = 0; waitedMs < longestWaitMs; waitedMs += quietMs) {
    const before = complaints.length
    await delay(quietMs)
    if (before > 0 && complaints.length === before) break
  }
  return [...complaints]
}
