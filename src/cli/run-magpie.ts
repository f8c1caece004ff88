import { readFile } from 'node:fs/promises'

import type { CallOptions } from '../contract/options.js'
import type { DatasetLLM } from '../dataset/dataset-options.js'
import { generateDataset } from '../dataset/generate-dataset.js'
import { candidates } from '../dataset/sources/candidates.js'
import { openSource } from '../dataset/sources/open-source.js'
import { FileError } from '../errors/file-error.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import type { LLM } from '../llm/llm.js'
import type { TurnOptions } from '../tasks/magpie/magpie-options.js'
import { magpieTask } from '../tasks/magpie/magpie-task.js'
import type { SystemPrompts } from '../tasks/magpie/system-prompts.js'
import type { Task } from '../tasks/task.js'
import { type GenerationArguments, generationOptions } from './command-options.js'
import { openEndpoints, openSink, type RunArguments, runOptions, timeoutOptions, watch } from './run-generate.js'
import { printable } from './terminal.js'

export interface MagpieArguments extends GenerationArguments, RunArguments {
  readonly rows?: number
  readonly input?: readonly string[]
  readonly turns?: number
  readonly endWithUser?: boolean
  readonly onlyInstruction?: boolean
  readonly system?: readonly string[]
  readonly systemPrompts?: string
  /** `false`: `--no-system-prompt`. */
  readonly systemPrompt?: boolean
  readonly includeSystemPrompt?: boolean
  readonly instructionStop?: readonly string[]
  readonly responseTemperature?: number
  readonly responseMaxTokens?: number
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** @returns the exit code. */
export async function runMagpie(args: MagpieArguments): Promise<number> {
  const task = await toTask(args)
  checkTokenizer(args)
  const options = callOptions(args)
  const llms = await openEndpoints(args)
  try {
    if (args.dryRun) return await preview(llms[0] as LLM, task, options)
    const run = generateDataset({
      llm: llms,
      source: args.input === undefined ? candidates() : openSource(args.input),
      task,
      sink: openSink(args),
      options,
      ...runOptions(args),
    })
    return await watch(run, args)
  } finally {
    await Promise.all(llms.map((llm) => llm.unload()))
  }
}

async function toTask(args: MagpieArguments): Promise<Task> {
  const { rows, input, responseTemperature, responseMaxTokens, instructionStop } = args
  if (rows === undefined && input === undefined) {
    throw new InvalidOptionError(
      'Give how many rows to make as -n N, or rows with their system prompts as --input FILE.',
      {
        option: 'rows',
      },
    )
  }
  return magpieTask({
    numRows: rows,
    seed: args.seed,
    nTurns: args.turns,
    endWithUser: args.endWithUser,
    onlyInstruction: args.onlyInstruction,
    includeSystemPrompt: args.includeSystemPrompt,
    systemPrompt: await systemPromptsOf(args),
    instruction: instructionStop === undefined ? undefined : { stop: [...(args.stop ?? []), ...instructionStop] },
    response: withoutUndefined({ temperature: responseTemperature, maxTokens: responseMaxTokens }),
  })
}

async function systemPromptsOf(args: MagpieArguments): Promise<SystemPrompts | null | undefined> {
  const { system, systemPrompts: path, systemPrompt } = args
  if (system !== undefined) return system.length === 1 ? system[0] : system
  if (path === undefined) return systemPrompt === false ? null : undefined
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new FileError(`${path} cannot be read (${(cause as NodeJS.ErrnoException).code}): check the path.`, { cause })
  }
  try {
    return JSON.parse(text.replace(/^\ufeff/, '')) as SystemPrompts
  } catch (cause) {
    throw new InvalidOptionError(`${path} is not JSON: ${(cause as Error).message}.`, {
      cause,
      option: 'system-prompts',
    })
  }
}

/** The seed is the task's, which gives each request its own. */
function callOptions(args: MagpieArguments): Omit<CallOptions, 'n' | 'signal'> {
  const { seed: _seed, ...others } = generationOptions(args)
  return { ...others, ...timeoutOptions(args) }
}

function checkTokenizer({ llm = [], tokenizer }: MagpieArguments): void {
  if (llm.every((spec) => spec.startsWith('gguf:')) || tokenizer !== undefined) return
  throw new InvalidOptionError(
    "magpie writes the model's prompts itself: give the model's tokenizer, a folder or a repository of the Hub, as --tokenizer ID.",
    { option: 'tokenizer' },
  )
}

async function preview(llm: DatasetLLM, task: Task, options: CallOptions): Promise<number> {
  const asked = llm.with({ useMagpieTemplate: true })
  try {
    const { input, options: own } = task.render({}, 0)
    const { prompt, tokens, warnings } = await asked.prepareInput(input, { ...options, ...own })
    const counted = tokens === undefined ? '' : `${tokens} tokens: `
    process.stdout.write(`${printable(counted + JSON.stringify(prompt))}\n`)
    for (const { message } of warnings) process.stderr.write(`${printable(message)}\n`)
    return 0
  } finally {
    await asked.unload()
  }
}

function withoutUndefined(options: TurnOptions): TurnOptions | undefined {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return given.length === 0 ? undefined : Object.fromEntries(given)
}
