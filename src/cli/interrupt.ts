const usualGraceMs = 500

/**
 * Turns the first Ctrl-C, or SIGTERM, into an aborted signal; the second one ends the process at once.
 */
export class Interrupt implements Disposable {
  readonly #controller = new AbortController()
  readonly #graceMs: number
  #exitCode: number | undefined

  /** `graceMs` is how long what is aborted gets to stop before the process ends all the same. */
  constructor(graceMs: number = usualGraceMs) {
    this.#graceMs = graceMs
    process.on('SIGINT', this.#onInterrupt)
    process.on('SIGTERM', this.#onTerminate)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** 130 or 143 once it happened, as shells have it. */
  get exitCode(): number | undefined {
    return this.#exitCode
  }

  [Symbol.dispose](): void {
    process.off('SIGINT', this.#onInterrupt)
    process.off('SIGTERM', this.#onTerminate)
  }

  readonly #onInterrupt = (): void => this.#stop(130)
  readonly #onTerminate = (): void => this.#stop(143)

  #stop(exitCode: number): void {
    if (this.#exitCode !== undefined) process.exit(exitCode)
    this.#exitCode = exitCode
    this.#controller.abort()
    setTimeout(() => process.exit(exitCode), this.#graceMs).unref()
  }
}
