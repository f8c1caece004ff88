import type { GenerateOneOptions } from '../../contract/generate.js'
import type { CallOptions } from '../../contract/options.js'
import type { Warning } from '../../contract/response.js'
import { isHeadraceError } from '../../errors/headrace-error.js'
import type { Task, TaskRequest } from '../../tasks/task.js'
import type { DatasetLLM } from '../dataset-options.js'

/** One of a run's models, loaded, as the task needs it. */
export interface OpenModel {
  readonly llm: DatasetLLM
  /** How it is asked. */
  readonly asked: Pick<DatasetLLM, 'generateOne' | 'readLoad'>
  readonly warnings: readonly Warning[]
  close(): Promise<void>
}

/**
 * Loads the model with its own patience, and then leaves retrying to the run: its rows share what one of them learns of the
 * server.
 *
 * @throws HeadraceError when it cannot be loaded, or cannot be asked what the task asks.
 */
export async function openModel(original: DatasetLLM, task: Task, call: GenerateOneOptions): Promise<OpenModel> {
  const base = task.writesUserTurns ? original.with({ useMagpieTemplate: true }) : original
  const opened: DatasetLLM[] = base === original ? [] : [base]
  const close = async (): Promise<void> => {
    for (const llm of opened) await llm.unload()
  }
  try {
    await base.load()
    const llm = base.with({ maxRetries: 0, waitTimeoutMs: 0 })
    opened.push(llm)
    await llm.load()
    const { warnings, takesSeeds } = await probe(llm, task, call)
    return { llm, asked: takesSeeds ? llm : withoutSeeds(llm), warnings, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Whether the model can be asked what the task will ask. Sends nothing to it. */
async function probe(
  llm: DatasetLLM,
  { probes = [] }: Task,
  call: GenerateOneOptions,
): Promise<{ readonly warnings: readonly Warning[]; readonly takesSeeds: boolean }> {
  const { sample: _sample, ...common } = call
  const warnings = new Map<string, Warning>()
  let takesSeeds = true
  for (const { input, options } of probes) {
    const asked = { ...common, ...options }
    let found: readonly Warning[]
    try {
      found = (await llm.prepareInput(input, asked)).warnings
    } catch (error) {
      if (!isHeadraceError(error) || error.context['option'] !== 'seed') throw error
      takesSeeds = false
      warnings.set('seed', {
        code: 'not-reproducible',
        message: `The server takes no seeds, so the same command gives other rows next time: ${error.message}`,
      })
      found = (await llm.prepareInput(input, withoutSeed(asked))).warnings
    }
    for (const warning of found) warnings.set(warning.message, warning)
  }
  return { warnings: [...warnings.values()], takesSeeds }
}

function withoutSeed<O extends CallOptions | TaskRequest['options']>(options: O): O {
  return { ...options, seed: undefined }
}

function withoutSeeds(llm: DatasetLLM): OpenModel['asked'] {
  return {
    generateOne: (input, options, handle) => llm.generateOne(input, options && withoutSeed(options), handle),
    readLoad: async () => llm.readLoad?.(),
  }
}
