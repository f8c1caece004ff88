import { randomInt } from 'node:crypto'

import type { CallOptions } from '../../contract/options.js'
import type { Parameters } from './parameters.js'

const seeds = 2 ** 31

/** How the model is asked, and the seed that is told of it. */
export interface Plan {
  readonly options: CallOptions
  /** `null`: nothing is drawn. */
  readonly seed: number | null
}

/**
 * What of the parameters reaches the model. The stop strings do not: TGI leaves them in the text, so that they are looked
 * for here.
 *
 * @param tellsSeed - Whether the answer says the seed. One is drawn where the request has none.
 */
export function planCall(parameters: Parameters, tellsSeed: boolean): Plan {
  const { samples, temperature = 1, topK, topP, typicalP, grammar, watermark } = parameters
  const seed = samples ? (parameters.seed ?? (tellsSeed ? randomInt(seeds) : undefined)) : undefined
  const options: CallOptions = {
    maxTokens: parameters.maxNewTokens,
    repetitionPenalty: parameters.repetitionPenalty,
    frequencyPenalty: parameters.frequencyPenalty,
    structuredOutput: grammar,
    ...(watermark ? { watermark } : undefined),
    ...(samples ? { temperature, topK, topP, typicalP } : { temperature: 0 }),
    // TGI's seeds have 64 bits, ours 31.
    ...(seed === undefined ? undefined : { seed: Math.floor(seed) % seeds }),
  }
  return { options, seed: seed ?? null }
}
