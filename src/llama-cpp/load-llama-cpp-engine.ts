import { basename } from 'node:path'

import type { LlamaContext, LlamaModel } from 'node-llama-cpp'

import { AbortedError } from '../errors/aborted-error.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { ModelFileError } from '../errors/model-file-error.js'
import { ChatTemplate } from '../template/chat-template.js'
import { type Backend, getBackend, readComplaints } from './backend.js'
import { readGgufHeader } from './gguf-header.js'
import { LlamaCppEngine } from './llama-cpp-engine.js'
import { loadLibrary } from './load-library.js'
import type { LoadLlamaCppEngineOptions } from './loading-options.js'
import { orderSampling } from './orderly-sampling.js'
import { chooseParallel } from './parallel-sequences.js'
import { resolveModelPath } from './resolve-model-path.js'
import { chooseThreads, readThreadFacts } from './threads.js'

const largestDefaultWindow = 8192
// LLAMA_MAX_SEQ of llama.cpp.
const mostSequences = 256
// Without flash attention llama.cpp is a third faster on a processor (3.22, a 3 MB model), and reserves a matrix of batch
// times window for each head. Up to this window that is cheap.
const largestPlainWindow = 2048

/**
 * Loads a model into this process.
 *
 * @throws HeadraceError `MISSING_PACKAGE`, `MODEL_FILE`, `INVALID_OPTION` for a window or a number of sequences that the
 * model or the memory does not hold, `ABORTED`, and for `hf:` models `CONNECTION_FAILED` and `MODEL_NOT_FOUND`.
 */
export async function loadLlamaCppEngine(options: LoadLlamaCppEngineOptions): Promise<LlamaCppEngine> {
  const { signal } = options
  const library = await loadLibrary()
  const path = await resolveModelPath(options.modelPath, library, options)
  const { fileBytes } = await readGgufHeader(path)
  const backend = await getBackend(library, options.gpu, fileBytes)
  const model = await abortable(signal, options.modelPath, () => loadModel(backend, path, signal))
  try {
    const threads = options.threads ?? chooseThreads(await readThreadFacts(model.size, backend.llama.cpuMathCores))
    const context = await abortable(signal, options.modelPath, () => createContext(backend, model, options, threads))
    const { tokenizer, general } = model.fileInfo.metadata
    const source = tokenizer?.chat_template
    return new LlamaCppEngine({
      library,
      model,
      context,
      template: source === undefined ? undefined : new ChatTemplate(source, specialTokens(model)),
      modelName: general.name ?? basename(path, '.gguf'),
      threads,
      contextWindow: Math.min(options.contextWindow ?? Infinity, context.contextSize),
      isReproducible: options.reproducible ?? true,
      sharesBatches: orderSampling(context),
    })
  } catch (error) {
    await model.dispose()
    throw error
  }
}

async function loadModel(backend: Backend, path: string, signal?: AbortSignal): Promise<LlamaModel> {
  const { llama, complaints } = backend
  complaints.length = 0
  try {
    return await llama.loadModel({ modelPath: path, ...(signal === undefined ? undefined : { loadSignal: signal }) })
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw loadFailure(path, cause, await readComplaints(backend))
  }
}

function loadFailure(path: string, cause: unknown, complaints: readonly string[]): ModelFileError {
  const cut = complaints.find((line) => /not within the file bounds|failed to read/.test(line))
  if (cut !== undefined) {
    return new ModelFileError(`The model file ${path} is cut off or damaged (${spoken(cut)}): download it again.`, {
      cause,
    })
  }
  const said = complaints.find((line) => line.includes('error loading model: '))
  const reason = said === undefined ? (cause instanceof Error ? cause.message : String(cause)) : spoken(said)
  return new ModelFileError(
    `The model file ${path} cannot be loaded (${reason}): get another form of the model, or a newer node-llama-cpp.`,
    { cause },
  )
}

/** A line of the log without the names of functions. */
function spoken(line: string): string {
  return line.replace(/^\w+: (error loading model: )?/, '')
}

async function createContext(
  { llama }: Backend,
  model: LlamaModel,
  options: LoadLlamaCppEngineOptions,
  threads: number,
): Promise<LlamaContext> {
  const { contextWindow, signal } = options
  const trained = model.trainContextSize
  if (options.parallel !== undefined && options.parallel > mostSequences) {
    throw new InvalidOptionError(
      `parallel is ${options.parallel}, and llama.cpp takes at most ${mostSequences}: lower it.`,
      {
        option: 'parallel',
      },
    )
  }
  if (contextWindow !== undefined && contextWindow > trained) {
    throw new InvalidOptionError(
      `contextWindow is ${contextWindow}, and the model was trained for ${trained} tokens: lower it.`,
      { option: 'contextWindow' },
    )
  }
  const window = contextWindow ?? Math.min(trained, largestDefaultWindow)
  const flashAttention = llama.gpu === false && window <= largestPlainWindow ? false : 'auto'
  const estimate = async (sequences: number): Promise<number> => {
    const settings = { contextSize: window, sequences, flashAttention, modelGpuLayers: model.gpuLayers } as const
    const { cpuRam, gpuVram } = await model.fileInsights.estimateContextResourceRequirementsV2(settings)
    return model.gpuLayers > 0 ? gpuVram : cpuRam
  }
  const memory = model.gpuLayers > 0 ? await llama.getVramState() : await llama.getRamState()
  const parallel =
    options.parallel ??
    chooseParallel({ bytesPerSequence: (await estimate(2)) - (await estimate(1)), freeBytes: memory.free })
  try {
    return await model.createContext({
      contextSize: contextWindow ?? { max: window },
      sequences: parallel,
      threads,
      flashAttention,
      ...(signal === undefined ? undefined : { createSignal: signal }),
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new InvalidOptionError(
      `The memory does not hold ${parallel} windows of ${window} tokens: lower contextWindow or parallel.`,
      { cause, context: { contextWindow: window, parallel } },
    )
  }
}

function specialTokens({ tokens }: LlamaModel): Record<string, string | undefined> {
  return { bos_token: tokens.bosString ?? undefined, eos_token: tokens.eosString ?? undefined }
}

async function abortable<T>(signal: AbortSignal | undefined, modelPath: string, act: () => Promise<T>): Promise<T> {
  const aborted = (): AbortedError =>
    new AbortedError(`The loading of ${modelPath} was aborted.`, { cause: signal?.reason })
  if (signal?.aborted) throw aborted()
  try {
    return await act()
  } catch (error) {
    throw signal?.aborted ? aborted() : error
  }
}
