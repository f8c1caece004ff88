import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { GenerationOptions } from '../contract/options.js'
import { FileError } from '../errors/file-error.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { batchTask } from '../tasks/batch-task.js'
import { columnsTask } from '../tasks/columns-task.js'
import type { Task } from '../tasks/task.js'
import { templateTask, type TemplateTaskOptions } from '../tasks/template-task.js'

export interface TaskArguments {
  readonly task?: string
  readonly template?: string
  readonly system?: string
  readonly raw?: boolean
  readonly batch?: boolean
}

/** What a task file says: a task, and options of its requests. */
export interface LoadedTask {
  readonly task: Task
  readonly options: GenerationOptions
}

/** A JSON task file. */
interface TaskFile extends TemplateTaskOptions {
  readonly options?: GenerationOptions
}

/**
 * The task that the arguments name.
 *
 * @throws HeadraceError `INVALID_OPTION`, `FILE_UNREADABLE`.
 */
export async function loadTask(args: TaskArguments): Promise<LoadedTask> {
  const { task: file, template, system, raw, batch } = args
  if (batch) return { task: batchTask(), options: {} }
  if (file !== undefined) return file.endsWith('.json') ? readTaskFile(file) : importTask(file)
  if (template === undefined) return { task: columnsTask({ system, raw }), options: {} }
  const text = template.startsWith('@') ? await readText(template.slice(1)) : template
  return { task: templateTask({ template: text, system, raw }), options: {} }
}

/** A JSON Schema from a file. @throws HeadraceError `FILE_UNREADABLE`, `INVALID_OPTION`. */
export async function readSchema(path: string): Promise<Readonly<Record<string, unknown>>> {
  return readObject(path, 'schema')
}

async function readTaskFile(path: string): Promise<LoadedTask> {
  const { options = {}, ...task } = (await readObject(path, 'task')) as TaskFile
  const known = new Set(['template', 'messages', 'system', 'raw'])
  const unknown = Object.keys(task).find((name) => !known.has(name))
  if (unknown !== undefined) {
    throw new InvalidOptionError(
      `${path} has an unknown member "${unknown}"; there are template, messages, system, raw and options.`,
      { option: 'task' },
    )
  }
  return { task: templateTask(task), options }
}

async function importTask(path: string): Promise<LoadedTask> {
  let module: { readonly default?: Task; readonly options?: GenerationOptions }
  try {
    module = (await import(pathToFileURL(resolve(path)).href)) as typeof module
  } catch (cause) {
    throw new FileError(`${path} cannot be loaded: ${(cause as Error).message}.`, { cause })
  }
  const { default: task, options = {} } = module
  if (typeof task?.render !== 'function' || typeof task.name !== 'string') {
    throw new InvalidOptionError(`${path} must export a task by default: an object with name and render.`, {
      option: 'task',
    })
  }
  return { task, options }
}

async function readObject(path: string, option: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readText(path)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new InvalidOptionError(`${path} is not JSON: ${(cause as Error).message}.`, { cause, option })
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new InvalidOptionError(`${path} must hold a JSON object.`, { option })
}

async function readText(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/^\ufeff/, '')
  } catch (cause) {
    throw new FileError(`${path} cannot be read (${(cause as NodeJS.ErrnoException).code}): check the path.`, { cause })
  }
}
