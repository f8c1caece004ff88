import type { GenerateOneOptions } from '../contract/generate.js'
import { generateOneSchema } from './options-schema.js'
import { parseOptions } from './parse-options.js'

/** Frozen options that were found valid: a run passes the same ones for all its rows, and the check is not cheap. */
const checkedOptions = new WeakSet<GenerateOneOptions>()

/** @throws InvalidOptionError `INVALID_OPTION` */
export function checkOnce(options: GenerateOneOptions): void {
  if (checkedOptions.has(options)) return
  parseOptions(generateOneSchema, options, 'generateOne')
  if (Object.isFrozen(options)) checkedOptions.add(options)
}
