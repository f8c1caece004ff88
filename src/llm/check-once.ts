import type { GenerateOneOptions } from '../contract/generate.js'
import type { CallOptions } from '../contract/options.js'
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

/** Their options without `sample`, of which there is one for each as well. */
const withoutSamples = new WeakMap<GenerateOneOptions, CallOptions>()

/** The options of the call itself; of checked ones the same object each time. */
export function withoutSample(options: GenerateOneOptions): CallOptions {
  const known = withoutSamples.get(options)
  if (known !== undefined) return known
  const { sample: _sample, ...own } = options
  if (checkedOptions.has(options)) withoutSamples.set(options, Object.freeze(own))
  return own
}
