/** What the simulated machine can do. Times are simulated milliseconds at speed 1. */
export interface EngineOptions {
  /**
   * Requests that run at once, vLLM's `--max-num-seqs`.
   *
   * @defaultValue 256
   */
  readonly maxNumSeqs?: number | undefined
  /**
   * A step takes so long however small its batch is.
   *
   * @defaultValue 15: with {@link stepMsPerSequence} 4 requests at once get 3 % of what 256 get, 32 get 24 %, 100 get 58 %
   */
  readonly stepMs?: number | undefined
  /** And so much longer for every request that decodes in it. @defaultValue 0.07 */
  readonly stepMsPerSequence?: number | undefined
  /** And so much longer for every prompt token that is read in it. @defaultValue 0.04: 25,000 tokens a second */
  readonly stepMsPerPromptToken?: number | undefined
  /** Tokens that fit into the key-value cache, in blocks of 16. @defaultValue 262144 */
  readonly kvCacheTokens?: number | undefined
  /** Tokens of a step at most; longer prompts are read in several. @defaultValue 8192 */
  readonly maxNumBatchedTokens?: number | undefined
  /** The share of requests that are slow for no reason of their own, and how many times slower. @defaultValue none */
  readonly stragglers?: { readonly share: number; readonly factor: number } | undefined
  /** Decides which requests straggle. @defaultValue 0 */
  readonly seed?: number | undefined
}

export type Physics = { readonly [Name in keyof EngineOptions]-?: NonNullable<EngineOptions[Name]> }

export function toPhysics(options: EngineOptions): Physics {
  return {
    maxNumSeqs: options.maxNumSeqs ?? 256,
    stepMs: options.stepMs ?? 15,
    stepMsPerSequence: options.stepMsPerSequence ?? 0.07,
    stepMsPerPromptToken: options.stepMsPerPromptToken ?? 0.04,
    kvCacheTokens: options.kvCacheTokens ?? 262_144,
    maxNumBatchedTokens: options.maxNumBatchedTokens ?? 8192,
    stragglers: options.stragglers ?? { share: 0, factor: 1 },
    seed: options.seed ?? 0,
  }
}

/** What may change while the machine runs. */
export interface Capacity {
  /** Times the requests at once, and the cache. */
  readonly capacity: number
  /** Times the steps a second. 0: nothing goes on. */
  readonly speed: number
}

export const blockTokens = 16

export function slotsOf({ maxNumSeqs }: Physics, { capacity }: Capacity): number {
  return Math.max(1, Math.round(maxNumSeqs * capacity))
}

export function blocksOf({ kvCacheTokens }: Physics, { capacity }: Capacity): number {
  return Math.max(1, Math.floor((kvCacheTokens * capacity) / blockTokens))
}
