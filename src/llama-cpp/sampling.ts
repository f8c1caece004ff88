import { randomInt } from 'node:crypto'

import type {
  LlamaGrammar,
  LlamaModel,
  SequenceEvaluateMetadataOptions,
  SequenceEvaluateOptions,
  Token,
} from 'node-llama-cpp'

import type { CanonicalRequest } from '../contract/engine.js'
import type { LlamaLibrary } from './load-library.js'

/**
 * What holds where a call does not say: the defaults of llama.cpp's own programs, so that a model answers here as it does
 * on `llama-server`. The temperature is not 0: an answer without a seed differs from the last one.
 */
const samplingDefaults = {
  temperature: 0.8,
  topK: 40,
  topP: 0.95,
  minP: 0.05,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
} as const

const largestSeed = 2 ** 31 - 1

/** How one call's tokens are chosen. */
export interface Sampling {
  /** The given one, or one drawn by chance. */
  readonly seed: number
  /** How many of the likeliest tokens to report beside the chosen one; `undefined`: no log-probabilities at all. */
  readonly topLogprobs: number | undefined
  readonly metadata: SequenceEvaluateMetadataOptions
  readonly evaluation: SequenceEvaluateOptions
  /** To be told of every chosen token. */
  readonly chosen: (token: Token) => void
}

/**
 * The call's options in node-llama-cpp's words.
 *
 * The repetition penalty looks at prompt and answer, the other two at the answer, as their definitions ask. Given
 * together, those two come first here, where llama.cpp puts them last.
 *
 * A token that a grammar refuses is drawn again from those that it allows.
 */
export function createSampling(
  options: CanonicalRequest['options'],
  prompt: readonly Token[],
  window: number,
  model: LlamaModel,
  { TokenBias, LlamaGrammarEvaluationState }: Pick<LlamaLibrary, 'TokenBias' | 'LlamaGrammarEvaluationState'>,
  grammar: LlamaGrammar | undefined,
): Sampling {
  const settings = { ...samplingDefaults, ...withoutUndefined(options) }
  const { temperature, topK, topP, minP, repetitionPenalty, frequencyPenalty, presencePenalty } = settings
  const seed = options.seed ?? randomInt(largestSeed)
  const seen = repetitionPenalty === 1 ? undefined : [...prompt]
  const bias = frequencyPenalty === 0 && presencePenalty === 0 ? undefined : new TokenBias(model.tokenizer)
  const counts = new Map<Token, number>()
  const logprobs = options.logprobs ?? false
  const topLogprobs = logprobs === false ? undefined : logprobs === true ? 0 : logprobs
  return {
    seed,
    topLogprobs,
    // Only the chosen token's probability is cheap: the others come as a map of the whole vocabulary.
    metadata: topLogprobs === undefined ? {} : topLogprobs === 0 ? { confidence: true } : { probabilities: true },
    evaluation: {
      temperature,
      topK,
      topP,
      minP,
      seed,
      yieldEogToken: true,
      contextShift: { strategy: refuseToShift },
      ...(seen === undefined
        ? undefined
        : {
            repeatPenalty: {
              penalty: repetitionPenalty,
              punishTokens: () => seen,
              // A constant, or the native side starts over at each token.
              maxPunishTokens: window,
            },
          }),
      ...(bias === undefined ? undefined : { tokenBias: () => bias }),
      ...(grammar === undefined
        ? undefined
        : { grammarEvaluationState: new LlamaGrammarEvaluationState({ model, grammar }) }),
    },
    chosen(token) {
      seen?.push(token)
      if (bias === undefined) return
      const count = (counts.get(token) ?? 0) + 1
      counts.set(token, count)
      bias.set(token, { logit: -(frequencyPenalty * count + presencePenalty) })
    },
  }
}

/** A call ends at its window, so llama.cpp never has to forget the beginning of a text to go on. */
function refuseToShift(): never {
  throw new Error('The window is full.')
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never
}
