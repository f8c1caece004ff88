import { hashText, randomFrom } from './random-number.js'

export interface AnswerOptions {
  /** Mean length of an answer, in tokens. Lengths are log-normal. @defaultValue 300 */
  readonly meanTokens?: number | undefined
  /** Of the logarithm of the length: how long the tail is. @defaultValue 0.8 */
  readonly sigma?: number | undefined
  /** Other lengths and texts. @defaultValue 0 */
  readonly seed?: number | undefined
}

/** What will be said to a request. */
export interface DrawnAnswer {
  /** Tokens that it would have without a limit. */
  readonly tokens: number
  /** Where its text begins; see {@link Answers.text}. */
  readonly offset: number
  /** A stop string begins after so many characters. */
  readonly stopsAt: number | undefined
}

const words = [
  'and',
  'water',
  'runs',
  'down',
  'to',
  'the',
  'old',
  'mill',
  'wheel',
  'so',
  'it',
  'turns',
  'again',
  'all',
  'night',
  'long',
]
/** The words come around after so many, and an answer never has more than so many. */
const ring = 4096
const longest = 1 << 17

/** Answers that follow from the prompt and the seeds, so that a run can be repeated. A token is a word. */
export class Answers {
  readonly #seed: number
  readonly #mu: number
  readonly #sigma: number
  readonly #text: string
  /** Where each word of the ring begins. */
  readonly #starts: readonly number[]
  readonly #lap: number

  constructor({ meanTokens = 300, sigma = 0.8, seed = 0 }: AnswerOptions = {}) {
    this.#seed = seed
    this.#sigma = sigma
    this.#mu = Math.log(meanTokens) - sigma ** 2 / 2
    const starts: number[] = []
    let lap = ''
    for (let index = 0; index < ring; index++) {
      starts.push(lap.length)
      lap += `${words[Math.floor(randomFrom(seed, index) * words.length)]} `
    }
    this.#starts = starts
    this.#lap = lap.length
    this.#text = lap.repeat(2 + longest / ring)
  }

  /** The same for the same prompt and seed. It ends where one of the stop strings is complete, which is left out of its text. */
  draw(prompt: string, seed: number, stops: readonly string[] = []): DrawnAnswer {
    const hash = hashText(prompt, Math.imul(this.#seed + 1, 0x9e3779b1) ^ seed)
    // Box and Muller: a normal deviate of two even ones.
    const radius = Math.sqrt(-2 * Math.log(1 - randomFrom(hash, 0)))
    const deviate = radius * Math.cos(2 * Math.PI * randomFrom(hash, 1))
    const tokens = Math.min(longest, Math.max(1, Math.round(Math.exp(this.#mu + this.#sigma * deviate))))
    const offset = Math.floor(randomFrom(hash, 2) * ring)
    return stops.length === 0 ? { tokens, offset, stopsAt: undefined } : this.#cut(tokens, offset, stops)
  }

  #cut(tokens: number, offset: number, stops: readonly string[]): DrawnAnswer {
    const text = this.text({ offset, stopsAt: undefined }, 0, tokens)
    const found = stops
      .map((stop) => ({ begin: text.indexOf(stop), length: stop.length }))
      .filter(({ begin, length }) => begin !== -1 && length > 0)
      .toSorted((one, other) => one.begin + one.length - (other.begin + other.length))
    const [first] = found
    if (first === undefined) return { tokens, offset, stopsAt: undefined }
    let cut = 1
    while (this.#startOf(offset + cut) - this.#startOf(offset) < first.begin + first.length) cut++
    return { tokens: cut, offset, stopsAt: first.begin }
  }

  /** The words of an answer from one token up to another. They need no escapes in JSON. */
  text({ offset, stopsAt = Infinity }: Pick<DrawnAnswer, 'offset' | 'stopsAt'>, from: number, to: number): string {
    const limit = this.#startOf(offset) + stopsAt
    return this.#text.slice(Math.min(limit, this.#startOf(offset + from)), Math.min(limit, this.#startOf(offset + to)))
  }

  #startOf(token: number): number {
    return Math.floor(token / ring) * this.#lap + (this.#starts[token % ring] ?? 0)
  }
}

/** What a prompt weighs: a token for four characters, as English has it with today's tokenizers. */
export function countPromptTokens(text: string, overhead: number): number {
  return Math.ceil(text.length / 4) + overhead
}
