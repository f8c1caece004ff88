import { readFile } from 'node:fs/promises'

import type { JsonSchema } from '../contract/structured-output.js'
import { FileError } from '../errors/file-error.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'

/**
 * The JSON Schema in a file.
 *
 * @throws FileError `FILE_UNREADABLE`; InvalidOptionError `INVALID_OPTION` when it holds no JSON object.
 */
export async function readSchemaFile(path: string): Promise<JsonSchema> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new FileError(`--schema ${path} cannot be read (${(cause as NodeJS.ErrnoException).code}).`, { cause })
  }
  let schema: unknown
  try {
    schema = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (cause) {
    throw new InvalidOptionError(`--schema ${path} is not JSON: ${(cause as Error).message}.`, {
      cause,
      option: 'schema',
    })
  }
  if (typeof schema === 'object' && schema !== null && !Array.isArray(schema)) return schema as JsonSchema
  throw new InvalidOptionError(`--schema ${path} is no JSON Schema: it must be a JSON object.`, { option: 'schema' })
}
