import { setTimeout as delay } from 'node:timers/promises'

import type { Llama } from 'node-llama-cpp'

import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { MissingPackageError } from '../errors/missing-package-error.js'
import type { LlamaLibrary } from './load-library.js'

/** What evaluates: a kind of GPU, the best one there is (the processor if there is none), or the processor. */
export type GpuChoice = 'auto' | 'cuda' | 'metal' | 'vulkan' | false

/** llama.cpp with the drivers for one choice of GPU. */
export interface Backend {
  readonly llama: Llama
  /** What it said went wrong, oldest first; at most a hundred lines. Emptied by who is about to read it. */
  readonly complaints: string[]
}

const complaintsKept = 100

// llama.cpp has one state in a process, so all engines use one instance for each kind. It is never disposed: it holds no
// model, and disposing it would end the others' as well. It does not keep the process alive.
const backends = new Map<GpuChoice, Promise<Backend>>()

/**
 * The one instance of llama.cpp for this choice. It is never compiled nor downloaded, and writes nothing to the console.
 *
 * @throws HeadraceError `INVALID_OPTION` for a GPU that is not there, `MISSING_PACKAGE` when no binary fits the machine.
 */
export function getBackend(library: LlamaLibrary, gpu: GpuChoice): Promise<Backend> {
  const known = backends.get(gpu)
  if (known !== undefined) return known
  const made = createBackend(library, gpu)
  backends.set(gpu, made)
  made.catch(() => backends.delete(gpu))
  return made
}

async function createBackend(library: LlamaLibrary, gpu: GpuChoice): Promise<Backend> {
  const complaints: string[] = []
  try {
    const llama = await withoutInputType(() =>
      library.getLlama({
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
      }),
    )
    return { llama, complaints }
  } catch (cause) {
    if (gpu !== false && gpu !== 'auto') {
      throw new InvalidOptionError(`gpu is '${gpu}', and no such device can be used here: use 'auto' or false.`, {
        option: 'gpu',
        cause,
      })
    }
    throw new MissingPackageError(
      'node-llama-cpp has no binary that runs on this machine: run `npm install node-llama-cpp` again here, with optional dependencies.',
      { cause },
    )
  }
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
