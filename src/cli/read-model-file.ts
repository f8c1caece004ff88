import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'

import { FileError } from '../errors/file-error.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'

/**
 * The description of a model in a JSON file; `-` is standard input.
 *
 * @throws FileError `FILE_UNREADABLE`; InvalidOptionError `INVALID_OPTION` when it holds no object with a `model_name`.
 */
export async function readModelFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  const json = await read(path)
  let model: unknown
  try {
    model = JSON.parse(json.replace(/^\ufeff/, ''))
  } catch (cause) {
    throw new InvalidOptionError(`${path} is not JSON: ${(cause as Error).message}.`, { cause, option: 'file' })
  }
  if (typeof (model as { model_name?: unknown } | null)?.model_name !== 'string') {
    throw new InvalidOptionError(`${path} describes no model: it must be an object with a model_name.`, {
      option: 'file',
    })
  }
  return model as Readonly<Record<string, unknown>>
}

async function read(path: string): Promise<string> {
  if (path === '-') return text(process.stdin)
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new FileError(`${path} cannot be read (${(cause as NodeJS.ErrnoException).code}).`, { cause })
  }
}
