/** What a run of a suite against a real server may take as a whole. */
export class Deadline {
  readonly #startedAt = Date.now()
  readonly #withinMs: number

  /** @param withinMs - `Infinity`: as long as it likes. */
  constructor(withinMs: number) {
    this.#withinMs = withinMs
  }

  /** `undefined`: there is no end. */
  leftMs(): number | undefined {
    return this.#withinMs === Infinity ? undefined : Math.max(1, this.#startedAt + this.#withinMs - Date.now())
  }

  check(): void {
    if (Date.now() - this.#startedAt >= this.#withinMs) throw new OutOfTime(this.#withinMs)
  }

  elapsed(): string {
    return `${Math.round((Date.now() - this.#startedAt) / 1000)} s`
  }
}

export class OutOfTime extends Error {
  constructor(withinMs: number) {
    super(`the server was not tested to the end: ${withinMs / 1000} s were over; nothing had failed until then`)
  }
}
