import type { OptionGaps, OptionName } from '../contract/capabilities.js'
import type { GenerationOptions } from '../contract/options.js'
import type { Warning } from '../contract/response.js'
import { UnsupportedOptionError } from '../errors/unsupported-option-error.js'

/** What governs the call rather than the text. */
const callKeys = new Set(['signal', 'timeouts', 'wireMode', 'raw'])

/** Values that change nothing, so that leaving the option out is no difference. */
const neutral: Readonly<Partial<Record<OptionName, unknown>>> = {
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  minP: 0,
  topK: 0,
  topP: 1,
  typicalP: 1,
  logprobs: false,
  parallelToolCalls: true,
  toolChoice: 'auto',
  n: 1,
  returnFullText: false,
  watermark: false,
}

/** What was merged of frozen options: a run passes the same ones for all its rows. */
const mergedOptions = new WeakMap<
  object,
  { readonly defaults: GenerationOptions; readonly merged: GenerationOptions }
>()

/** The call's generation options over the model's; an `undefined` overrides nothing. */
export function mergeOptions(defaults: GenerationOptions, call: object | undefined): GenerationOptions {
  if (call === undefined) return defaults
  const known = mergedOptions.get(call)
  if (known?.defaults === defaults) return known.merged
  const merged: Record<string, unknown> = { ...defaults }
  for (const [key, value] of Object.entries(call)) if (value !== undefined && !callKeys.has(key)) merged[key] = value
  if (Object.isFrozen(call)) mergedOptions.set(call, { defaults, merged })
  return merged
}

/** Whether leaving the option out is no difference. */
export function changesNothing(option: OptionName, value: unknown): boolean {
  return value === undefined || neutral[option] === value || (Array.isArray(value) && value.length === 0)
}

/**
 * Takes out the options that the back end would drop.
 *
 * @throws UnsupportedOptionError `UNSUPPORTED_OPTION` for the first that changes the result, unless `policy` is `warn`.
 */
export function refuseUnsupported(
  options: GenerationOptions,
  gaps: OptionGaps,
  policy: 'error' | 'warn',
  warnings: Warning[],
): GenerationOptions {
  let kept: Record<string, unknown> | undefined
  for (const name in options) {
    const option = name as OptionName
    const value = options[option]
    const reason = gaps[option]
    if (value === undefined || reason === undefined) continue
    if (policy === 'error' && !changesNothing(option, value)) {
      throw new UnsupportedOptionError(
        `The option ${option} cannot be honoured: ${reason}; leave it out, or set unsupportedOptions: 'warn'.`,
        { option, context: { option } },
      )
    }
    warnings.push({ code: 'unsupported-option', message: `The option ${option} was left out: ${reason}.` })
    kept ??= { ...options }
    delete kept[option]
  }
  return kept ?? options
}
