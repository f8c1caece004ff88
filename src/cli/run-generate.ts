import { resolve, sep } from 'node:path'

import type { CallOptions, GenerationOptions } from '../contract/options.js'
import { type DatasetPreview, previewDataset } from '../dataset/preview-dataset.js'
import type { GenerateDatasetOptions } from '../dataset/dataset-options.js'
import { generateDataset } from '../dataset/generate-dataset.js'
import type { DatasetRun } from '../dataset/dataset-run.js'
import type { JsonlSinkOptions } from '../dataset/sinks/jsonl-sink.js'
import { openSink as openNamedSink } from '../dataset/sinks/open-sink.js'
import type { Sink } from '../dataset/sinks/sink.js'
import { streamSink } from '../dataset/sinks/stream-sink.js'
import { openSource } from '../dataset/sources/open-source.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import type { LLM } from '../llm/llm.js'
import { failureToJSON } from './answer-json.js'
import { type GenerationArguments, generationOptions, type ModelArguments } from './command-options.js'
import { exitCodeOf, reportFailure } from './failure.js'
import { GenerateProgress } from './generate-progress.js'
import { formatSummary } from './generate-summary.js'
import { loadTask, readSchema, type TaskArguments } from './load-task.js'
import { keysOfModels } from './keys-of-models.js'
import { openLLM } from './open-llm.js'
import { printable } from './terminal.js'

/** Which models answer a run, where its rows go, and how it is steered. */
export interface RunArguments extends Omit<ModelArguments, 'llm' | 'apiKey'> {
  readonly llm?: readonly string[]
  readonly apiKey?: readonly string[]
  readonly fallback?: boolean
  readonly allowDifferentModels?: boolean
  readonly hedge?: boolean
  readonly output: string
  readonly concurrency?: number | 'auto'
  readonly maxConcurrency?: number
  readonly retries?: number
  /** Seconds. */
  readonly timeout?: number
  readonly maxTokensTotal?: number
  readonly maxCost?: number
  readonly priceInput?: number
  readonly priceOutput?: number
  readonly run?: string
  readonly retryFailed?: boolean
  readonly fork?: boolean
  readonly jsonProgress?: boolean
}

export interface GenerateArguments extends GenerationArguments, TaskArguments, RunArguments {
  readonly split?: string
  readonly config?: string
  readonly schema?: string
  readonly numGenerations?: number
  readonly group?: boolean
  readonly keepRaw?: boolean
  readonly limit?: number
  readonly sample?: number
  readonly sampleSeed?: number
  readonly dryRun?: boolean
}

/** @returns the exit code. */
export async function runGenerate(inputs: readonly string[], args: GenerateArguments): Promise<number> {
  const { task, options: taskOptions } = await loadTask(args)
  const options = await callOptions(args, taskOptions)
  const isStandardInput = inputs.includes('-')
  if (isStandardInput && inputs.length > 1) {
    throw new InvalidOptionError('Standard input goes alone: give - or files.', { option: 'input' })
  }
  const llms = await openEndpoints(args)
  try {
    if (args.dryRun) {
      if (isStandardInput) {
        throw new InvalidOptionError('--dry-run reads its input twice: give a file instead of -.', {
          option: 'dry-run',
        })
      }
      printPreview(await previewDataset({ llm: llms[0] as LLM, source: openSource(inputs, args), task }), args)
      return 0
    }
    const run = generateDataset({
      llm: llms,
      source: isStandardInput ? { bytes: process.stdin } : openSource(inputs, args),
      task,
      sink: openSink(args),
      options,
      numGenerations: args.numGenerations,
      limit: args.limit,
      sample: args.sample === undefined ? undefined : { rows: args.sample, seed: args.sampleSeed },
      ...runOptions(args),
    })
    return await watch(run, args)
  } finally {
    await Promise.all(llms.map((llm) => llm.unload()))
  }
}

/** The models that a run is given, not loaded yet. @throws HeadraceError as `openLLM`. */
export async function openEndpoints({
  llm: specs,
  apiKey: keys = [],
  ...model
}: RunArguments): Promise<readonly LLM[]> {
  if (specs === undefined) return [await openLLM({ ...model, ...keyOption(keys[0]) })]
  const keyOf = keysOfModels(specs, keys)
  return Promise.all(specs.map((llm, index) => openLLM({ ...model, llm, ...keyOption(keyOf[index]) })))
}

function keyOption(apiKey: string | undefined): Pick<ModelArguments, 'apiKey'> {
  return apiKey === undefined ? {} : { apiKey }
}

/** What every run takes. */
export function runOptions(args: RunArguments): Omit<GenerateDatasetOptions, 'llm' | 'source'> {
  return {
    folder: args.run,
    endpoints: args.fallback ? 'fallback' : 'together',
    allowDifferentModels: args.allowDifferentModels,
    hedge: args.hedge,
    concurrency: args.concurrency,
    maxConcurrency: args.maxConcurrency,
    maxRetries: args.retries,
    maxTokensTotal: args.maxTokensTotal,
    maxCost: args.maxCost,
    prices: pricesOf(args),
    retryFailed: args.retryFailed,
    fork: args.fork,
  }
}

async function callOptions(
  args: GenerateArguments,
  taskOptions: GenerationOptions,
): Promise<Omit<CallOptions, 'n' | 'signal'>> {
  const { schema } = args
  return {
    ...taskOptions,
    ...generationOptions(args),
    ...(schema === undefined ? {} : { structuredOutput: { format: 'json', schema: await readSchema(schema) } }),
    ...timeoutOptions(args),
  }
}

/** `--timeout` as an option of calls. */
export function timeoutOptions({ timeout }: Pick<RunArguments, 'timeout'>): Pick<CallOptions, 'timeouts'> {
  return timeout === undefined ? {} : { timeouts: { totalMs: timeout * 1000 } }
}

export function openSink({
  output,
  batch,
  group,
  keepRaw,
  run,
}: Pick<GenerateArguments, 'output' | 'batch' | 'group' | 'keepRaw' | 'run'>): Sink {
  const options: JsonlSinkOptions = { format: batch ? 'batch' : 'rows', group, keepRaw }
  if (output !== '-') return openNamedSink(`${resolve(output)}${/[/\\]$/.test(output) ? sep : ''}`, options)
  if (run !== undefined) return streamSink(process.stdout, options)
  throw new InvalidOptionError('Standard output has no place for the run: give --run FOLDER.', { option: 'run' })
}

function pricesOf({ priceInput, priceOutput }: RunArguments): { input: number; output: number } | undefined {
  if (priceInput === undefined && priceOutput === undefined) return undefined
  return { input: priceInput ?? 0, output: priceOutput ?? 0 }
}

export interface WatchArguments extends Pick<RunArguments, 'output' | 'jsonProgress'> {
  /** The summary, or the error, as one JSON object on standard output. */
  readonly json?: boolean
}

/** Shows a run until it ends. Ctrl-C, or SIGTERM, stops it; the second one ends the process at once, which is safe too. */
export async function watch(
  run: DatasetRun,
  { output, jsonProgress = false, json = false }: WatchArguments,
): Promise<number> {
  let exitCode: number | undefined
  const stop = (code: number): void => {
    if (exitCode !== undefined) process.exit(code)
    exitCode = code
    if (!jsonProgress) {
      process.stderr.write(
        '\nStopping: answers in progress have 10 s; Ctrl-C again stops at once, and loses nothing.\n',
      )
    }
    run.stop()
  }
  const onInterrupt = (): void => stop(130)
  const onTerminate = (): void => stop(143)
  process.on('SIGINT', onInterrupt)
  process.on('SIGTERM', onTerminate)
  const progress = await GenerateProgress.open(() => run.progress, jsonProgress)
  try {
    const summary = await run
    progress.close()
    if (json) print(JSON.stringify(summary))
    if (jsonProgress) process.stderr.write(`${JSON.stringify({ event: 'summary', ...summary })}\n`)
    else if (!json) for (const { message } of summary.warnings ?? []) warn(message)
    if (!jsonProgress && !json) process.stderr.write(`${printable(formatSummary(summary, output))}\n`)
    if (summary.end === 'finished') return 0
    return exitCode ?? 1
  } catch (error) {
    progress.close()
    if (json) print(JSON.stringify(failureToJSON(error)))
    if (jsonProgress) process.stderr.write(`${JSON.stringify({ event: 'error', ...failureToJSON(error) })}\n`)
    else if (!json) {
      const { done } = run.progress
      if (done > 0) process.stderr.write(`${done} rows are safe in the run's folder; the same command goes on.\n`)
      reportFailure(error)
    }
    return exitCodeOf(error)
  } finally {
    process.off('SIGINT', onInterrupt)
    process.off('SIGTERM', onTerminate)
  }
}

const shownRows = 3

function printPreview(preview: DatasetPreview, args: GenerateArguments): void {
  const { rows, totalRows, inputTokens, isCounted } = preview
  for (const { place, request, error, inputTokens: own } of rows.slice(0, shownRows)) {
    print(`${place}: ${error ?? `${own} tokens`}`)
    if (request !== undefined) print(JSON.stringify(request, undefined, 2))
  }
  const wrong = rows.filter(({ error }) => error !== undefined)
  const asked = Math.min(totalRows, args.limit ?? Infinity, args.sample ?? Infinity)
  const { numGenerations = 1, maxTokens } = args
  const input = Math.round((inputTokens / Math.max(1, totalRows)) * asked * numGenerations)
  const source = isCounted ? '' : ', estimated from the characters: give --tokenizer to count them'
  print(`${totalRows} rows, ${asked * numGenerations} requests, about ${input} tokens in${source}.`)
  if (maxTokens !== undefined) print(`At most ${maxTokens * asked * numGenerations} tokens out.`)
  const prices = pricesOf(args)
  if (prices !== undefined) {
    const most = (input * prices.input + (maxTokens ?? 0) * asked * numGenerations * prices.output) / 1_000_000
    print(
      `At most ${most.toFixed(2)} in cost${maxTokens === undefined ? ', output tokens apart: give --max-tokens' : ''}.`,
    )
  }
  if (wrong.length > 0)
    print(`${wrong.length} of the first ${rows.length} rows cannot be asked, first ${wrong[0]?.place}.`)
}

function warn(message: string): void {
  process.stderr.write(`${printable(message)}\n`)
}

function print(text: string): void {
  process.stdout.write(`${printable(text)}\n`)
}
