import { RateLimitError } from '../../errors/rate-limit-error.js'

/** How many requests each model takes at once; Xinference's `request_limits`. */
export class RequestLimit {
  readonly #max: number
  readonly #live = new Map<string, number>()

  /** @param max - `Infinity`: no limit. */
  constructor(max: number) {
    this.#max = max
  }

  /**
   * Runs one request to a model.
   *
   * @throws RateLimitError when the model has as many as it takes.
   */
  async run<T>(uid: string, request: () => Promise<T>): Promise<T> {
    const live = this.#live.get(uid) ?? 0
    if (live >= this.#max) throw new RateLimitError(`Request limit ${this.#max} for the model: ${uid}`)
    this.#live.set(uid, live + 1)
    try {
      return await request()
    } finally {
      this.#live.set(uid, (this.#live.get(uid) ?? 1) - 1)
    }
  }
}
