import { z } from 'zod'

import type { GenerationOptions } from '../contract/options.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { generationShape, type Shape } from '../llm/options-schema.js'

/** Generation options by the names that they have in distilabel's class. */
export interface AncestorAliases {
  /** `maxTokens`. */
  readonly maxNewTokens?: number | undefined
  /** `stop`. */
  readonly stopSequences?: string | readonly string[] | undefined
  /** `false` is `temperature: 0`; `true` says that the temperature is not 0. */
  readonly doSample?: boolean | undefined
  /** `logprobs`: that many likeliest tokens beside each, for prompts. */
  readonly topNTokens?: number | undefined
  /** `logprobs`: that many likeliest tokens beside each, for conversations. */
  readonly topLogprobs?: number | undefined
}

const aliasShape: Shape<AncestorAliases> = {
  maxNewTokens: z.int().min(1).optional(),
  stopSequences: z.union([z.string().min(1), z.array(z.string().min(1))]).optional(),
  doSample: z.boolean().optional(),
  topNTokens: z.int().min(0).optional(),
  topLogprobs: z.int().min(0).optional(),
}

/** `generationKwargs` with the ancestor's names. */
export const generationKwargsSchema: z.ZodType<
  GenerationOptions & AncestorAliases,
  GenerationOptions & AncestorAliases
> = z.strictObject({ ...generationShape, ...aliasShape })

const sameMeaning = {
  maxNewTokens: 'maxTokens',
  stopSequences: 'stop',
  topNTokens: 'logprobs',
  topLogprobs: 'logprobs',
} as const

/**
 * The options by their own names.
 *
 * @throws InvalidOptionError `INVALID_OPTION` when an option is given by both names, with different values.
 */
export function withoutAliases<T extends object>(
  options: (T & AncestorAliases) | undefined,
  owner: string,
): Omit<T, keyof AncestorAliases> | undefined {
  if (options === undefined || !Object.keys(options).some((name) => name in aliasShape)) return options
  const { maxNewTokens: _m, stopSequences: _s, doSample, topNTokens: _n, topLogprobs: _l, ...own } = options
  const named = own as Record<string, unknown>
  for (const alias of Object.keys(sameMeaning) as (keyof typeof sameMeaning)[]) {
    const value = options[alias]
    if (value === undefined) continue
    const name = sameMeaning[alias]
    // `logprobs: true` and how many of them go together.
    if (named[name] !== undefined && named[name] !== value && named[name] !== true) {
      throw new InvalidOptionError(`${owner}: ${alias} and ${name} are two names of one option: give one.`, {
        option: alias,
      })
    }
    named[name] = value
  }
  if (doSample === false) {
    if (typeof named['temperature'] === 'number' && named['temperature'] !== 0) {
      throw new InvalidOptionError(
        `${owner}: doSample: false is greedy, and temperature ${named['temperature']} is not: give one.`,
        { option: 'doSample' },
      )
    }
    named['temperature'] = 0
  }
  if (doSample === true && named['temperature'] === 0) {
    throw new InvalidOptionError(`${owner}: temperature 0 is greedy: leave doSample out, or raise the temperature.`, {
      option: 'doSample',
    })
  }
  return named as Omit<T, keyof AncestorAliases>
}
