import { resolve } from 'node:path'
import { z } from 'zod'

import type { GenerateOneOptions } from '../../contract/generate.js'
import type { Runtime } from '../../contract/runtime.js'
import { InvalidOptionError } from '../../errors/invalid-option-error.js'
import { generateOneSchema, type Shape } from '../../llm/options-schema.js'
import { parseOptions } from '../../llm/parse-options.js'
import { compileOutput } from '../../output/compile-output.js'
import { columnsTask } from '../../tasks/columns-task.js'
import type { Row, Task } from '../../tasks/task.js'
import type { DatasetLLM, GenerateDatasetOptions, InputBytes } from '../dataset-options.js'
import { noSink } from '../sinks/no-sink.js'
import { openSink } from '../sinks/open-sink.js'
import type { Sink } from '../sinks/sink.js'
import { ArraySource } from '../sources/array-source.js'
import { openSource } from '../sources/open-source.js'
import type { Source } from '../sources/source.js'

/** What can be read only once. */
export type OnceSource = InputBytes | { readonly rows: Iterable<Row> | AsyncIterable<Row> }

/** The options of a run, checked, with their defaults. */
export interface RunPlan extends Omit<
  GenerateDatasetOptions,
  'llm' | 'source' | 'task' | 'sink' | 'folder' | 'options'
> {
  /** At least one, in the order of preference. */
  readonly llms: readonly DatasetLLM[]
  readonly source: Source | OnceSource
  readonly task: Task
  readonly sink: Sink
  readonly folder: string
  readonly call: GenerateOneOptions
  /** {@link call} as the manifest keeps it. */
  readonly callConfig: Readonly<Record<string, unknown>>
  readonly numGenerations: number
  readonly concurrency: number | 'auto'
  readonly endpoints: 'together' | 'fallback'
  readonly allowDifferentModels: boolean
  readonly hedge: boolean
  readonly maxRetries: number
  readonly patienceMs: number
  readonly retryFailed: boolean
  readonly fork: boolean
  readonly runtime: Runtime
}

const positive = (what: string): z.ZodType<number | undefined, number | undefined> =>
  z.custom<number>((value) => typeof value === 'number' && value > 0, `must be ${what} above 0`).optional()
const count = z.int().min(1).optional()
const objectWith = <T>(method: string, message: string): z.ZodType<T, T> =>
  z.custom<T>((value) => typeof (value as Record<string, unknown> | null)?.[method] === 'function', message)

const shape: Shape<GenerateDatasetOptions> = {
  llm: z.custom<GenerateDatasetOptions['llm']>(isLLM, 'must be a model, such as an Xinference, or several'),
  endpoints: z.enum(['together', 'fallback']).optional(),
  allowDifferentModels: z.boolean().optional(),
  hedge: z.boolean().optional(),
  source: z.custom<GenerateDatasetOptions['source']>(isSource, 'must be rows, a source or the path of a file'),
  task: objectWith<Task>('render', 'must be a task with a render method').optional(),
  sink: z.custom<string | Sink>(isSink, 'must be a sink or a path').optional(),
  folder: z.string().min(1).optional(),
  numGenerations: count,
  options: z.custom<NonNullable<GenerateDatasetOptions['options']>>((value) => typeof value === 'object').optional(),
  concurrency: z.union([z.int().min(1), z.literal('auto')], 'must be a whole number above 0, or auto').optional(),
  maxConcurrency: count,
  maxRetries: z.int().min(0).optional(),
  patienceMs: positive('a number of milliseconds'),
  limit: count,
  sample: z.strictObject({ rows: z.int().min(1), seed: z.int().min(0).optional() }).optional(),
  maxTokensTotal: positive('a number of tokens'),
  maxCost: positive('an amount'),
  prices: z.strictObject({ input: z.number().min(0), output: z.number().min(0) }).optional(),
  retryFailed: z.boolean().optional(),
  fork: z.boolean().optional(),
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal, 'must be an AbortSignal').optional(),
}

const schema: z.ZodType<GenerateDatasetOptions, GenerateDatasetOptions> = z.strictObject(shape)

/** @throws InvalidOptionError `INVALID_OPTION` */
export async function planRun(options: GenerateDatasetOptions, runtime: Runtime): Promise<RunPlan> {
  parseOptions(schema, options, 'generateDataset')
  const { llm, options: call = {}, maxCost, prices, sink, ...others } = options
  parseOptions(generateOneSchema, call, 'generateDataset: options')
  if (maxCost !== undefined && prices === undefined) {
    throw new InvalidOptionError('generateDataset: maxCost needs prices.', { option: 'prices' })
  }
  checkSelection(options)
  const output = call.structuredOutput
  return {
    ...others,
    maxCost,
    prices,
    llms: Array.isArray(llm) ? (llm as readonly DatasetLLM[]) : [llm as DatasetLLM],
    source: toSource(options.source),
    task: options.task ?? columnsTask(),
    sink: sink === undefined ? noSink : typeof sink === 'string' ? openSink(sink) : sink,
    folder: folderOf(options),
    call,
    callConfig:
      output === undefined ? { ...call } : { ...call, structuredOutput: (await compileOutput(output)).constraint },
    numGenerations: options.numGenerations ?? 1,
    concurrency: options.concurrency ?? 'auto',
    endpoints: options.endpoints ?? 'together',
    allowDifferentModels: options.allowDifferentModels ?? false,
    hedge: options.hedge ?? true,
    maxRetries: options.maxRetries ?? 5,
    patienceMs: options.patienceMs ?? 900_000,
    retryFailed: options.retryFailed ?? false,
    fork: options.fork ?? false,
    runtime,
  }
}

/** What goes with a task that keeps some of its rows, and what needs one. @throws InvalidOptionError `INVALID_OPTION` */
function checkSelection({ source, task, limit, sample, numGenerations = 1 }: GenerateDatasetOptions): void {
  const isEndless = typeof source === 'object' && 'isEndless' in source && source.isEndless === true
  if (task?.selection === undefined) {
    if (!isEndless) return
    throw new InvalidOptionError(
      'generateDataset: the source has no end, and the task does not say how many rows it keeps; magpieTask takes numRows.',
      { option: 'source' },
    )
  }
  if (limit === undefined && sample === undefined && numGenerations === 1) return
  const option = limit === undefined ? (sample === undefined ? 'numGenerations' : 'sample') : 'limit'
  throw new InvalidOptionError(`generateDataset: ${option} does not go with a task that keeps some of its rows.`, {
    option,
  })
}

/** Where a run keeps itself. @throws InvalidOptionError `INVALID_OPTION` when nothing says so. */
function folderOf({ folder, sink }: Pick<GenerateDatasetOptions, 'folder' | 'sink'>): string {
  if (folder !== undefined) return resolve(folder)
  const path = (typeof sink === 'string' ? openSink(sink) : sink)?.config['path']
  if (typeof path === 'string' && path !== '-') return resolve(`${path}.run`)
  throw new InvalidOptionError('generateDataset needs a folder for the run where sink is not a path: give folder.', {
    option: 'folder',
  })
}

function toSource(given: GenerateDatasetOptions['source']): RunPlan['source'] {
  if (typeof given === 'string') return openSource(given)
  if ('read' in given) return given
  return Array.isArray(given) ? new ArraySource(given as readonly Row[]) : 'bytes' in given ? given : { rows: given }
}

function isLLM(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every((each) => isLLM(each) && !Array.isArray(each))
  return typeof (value as Record<string, unknown> | null | undefined)?.['generateOne'] === 'function'
}

function isSource(value: unknown): boolean {
  if (typeof value === 'string') return value !== ''
  if (typeof value !== 'object' || value === null) return false
  return 'read' in value || 'bytes' in value || Symbol.iterator in value || Symbol.asyncIterator in value
}

function isSink(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || typeof (value as Sink | null)?.write === 'function'
}
