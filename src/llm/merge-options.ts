import type { Capabilities, OptionName } from '../contract/capabilities.js'
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
  n: 1,
}

/** What only a conversation can have: literal text has no chat template. */
export const chatOnly: Capabilities = {
  unsupported: Object.fromEntries(
    ['tools', 'toolChoice', 'parallelToolCalls', 'reasoning', 'chatTemplateKwargs'].map((name) => [
      name,
      'literal text has no chat template',
    ]),
  ),
}

/** The call's generation options over the model's; an `undefined` overrides nothing. */
export function mergeOptions(defaults: GenerationOptions, call: object | undefined): GenerationOptions {
  if (call === undefined) return defaults
  const merged: Record<string, unknown> = { ...defaults }
  for (const [key, value] of Object.entries(call)) if (value !== undefined && !callKeys.has(key)) merged[key] = value
  return merged
}

/**
 * Takes out the options that the back end would drop.
 *
 * @throws UnsupportedOptionError `UNSUPPORTED_OPTION` for the first that changes the result, unless `policy` is `warn`.
 */
export function refuseUnsupported(
  options: GenerationOptions,
  { unsupported }: Capabilities,
  policy: 'error' | 'warn',
  warnings: Warning[],
): GenerationOptions {
  if (unsupported === undefined) return options
  let kept: Record<string, unknown> | undefined
  for (const name in unsupported) {
    const option = name as OptionName
    const value = options[option]
    if (value === undefined) continue
    const reason = unsupported[option] ?? 'is not supported here'
    const changesNothing = neutral[option] === value || (Array.isArray(value) && value.length === 0)
    if (policy === 'error' && !changesNothing) {
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
