import type { Runtime } from '../../contract/runtime.js'

/** How long a run goes on without an answer from anybody. */
export class Patience {
  readonly #runtime: Pick<Runtime, 'now'>
  readonly #patienceMs: number
  #lastAnswerAt: number

  constructor(runtime: Pick<Runtime, 'now'>, patienceMs: number) {
    this.#runtime = runtime
    this.#patienceMs = patienceMs
    this.#lastAnswerAt = runtime.now()
  }

  answered(): void {
    this.#lastAnswerAt = this.#runtime.now()
  }

  get isOver(): boolean {
    return this.#runtime.now() - this.#lastAnswerAt > this.#patienceMs
  }
}
