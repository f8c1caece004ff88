import type { Token } from 'node-llama-cpp'

import type { ContentLogprob, TokenLogprob } from '../contract/response.js'
import { bytesOf, textOf } from './token-text.js'
import type { Vocabulary } from './vocabulary.js'

/** A generated token with what is known of its probability. */
export interface ScoredToken {
  readonly token: Token
  /** Of the chosen token. */
  readonly confidence?: number | undefined
  /** From the likeliest down. */
  readonly probabilities?: ReadonlyMap<Token, number> | undefined
}

/** Keeps each token's log-probability until the text that it begins is handed on. */
export class LogprobQueue {
  readonly #vocabulary: Vocabulary
  readonly #topCount: number
  readonly #waiting: { readonly start: number; readonly logprob: ContentLogprob }[] = []
  #added = 0
  #taken = 0

  constructor(vocabulary: Vocabulary, topCount: number) {
    this.#vocabulary = vocabulary
    this.#topCount = topCount
  }

  /** The next token, which made `textLength` characters appear. */
  add({ token, confidence, probabilities }: ScoredToken, textLength: number): void {
    const top: TokenLogprob[] = []
    for (const [candidate, probability] of probabilities ?? []) {
      if (top.length >= this.#topCount) break
      top.push(this.#score(candidate, probability))
    }
    const own = this.#score(token, confidence ?? probabilities?.get(token) ?? 0)
    this.#waiting.push({ start: this.#added, logprob: { ...own, top } })
    this.#added += textLength
  }

  /** Those of the next `textLength` characters: of the tokens that begin in them. */
  take(textLength: number): readonly ContentLogprob[] {
    this.#taken += textLength
    const count = this.#waiting.findIndex(({ start }) => start >= this.#taken)
    return this.#remove(count === -1 ? this.#waiting.length : count)
  }

  takeAll(): readonly ContentLogprob[] {
    return this.#remove(this.#waiting.length)
  }

  #remove(count: number): readonly ContentLogprob[] {
    return this.#waiting.splice(0, count).map(({ logprob }) => logprob)
  }

  #score(token: Token, probability: number): TokenLogprob {
    const piece = this.#vocabulary.piece(token)
    return { token: textOf(piece), logprob: Math.log(probability), bytes: [...bytesOf(piece)] }
  }
}
