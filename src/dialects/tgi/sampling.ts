import type { CanonicalRequest } from '../../contract/engine.js'
import { UnsupportedOptionError } from '../../errors/unsupported-option-error.js'

type Options = CanonicalRequest['options']

/** TGI takes shares strictly between 0 and 1 only: 1 is left out, and 0 keeps one token as this does. */
const smallestShare = 1e-6

/** `max_top_n_tokens`, which a server may lower. */
const mostTopTokens = 5

/** Temperature 0 is greedy. Then nothing else of sampling may be sent: any of it switches sampling on again. */
export function isGreedy({ temperature }: Options): boolean {
  return temperature === 0
}

/** A `top_p` or `typical_p` that TGI takes; `undefined`: leave it out. */
export function legalShare(value: number | undefined): number | undefined {
  if (value === undefined || value >= 1) return undefined
  return Math.max(value, smallestShare)
}

/**
 * How many of the likeliest tokens are asked for; 0 for none.
 *
 * @throws UnsupportedOptionError `UNSUPPORTED_OPTION`
 */
export function topTokensOf({ logprobs }: Options): number {
  if (typeof logprobs !== 'number') return 0
  if (logprobs > mostTopTokens) {
    throw new UnsupportedOptionError(
      `The option logprobs is ${logprobs}, and TGI gives the ${mostTopTokens} likeliest tokens at most: lower it.`,
      { option: 'logprobs', context: { option: 'logprobs' } },
    )
  }
  return logprobs
}
