import type { LLM } from '../../src/llm/llm.js'
import type { Runtime } from '../../src/contract/runtime.js'
import { ManualRuntime } from '../support/manual-runtime.js'

/** A clock that stands still but for the pauses between attempts, over which it jumps. */
export class JumpingClock {
  readonly #clock = new ManualRuntime()
  readonly runtime: Runtime

  constructor() {
    const { now, random, log, env, setTimer } = this.#clock
    // What is due at once happens on a clock that stands still as well.
    const setOrCall: Runtime['setTimer'] = (callback, delayMs) => {
      if (delayMs === 0) queueMicrotask(() => this.#clock.advance(0))
      return setTimer(callback, delayMs)
    }
    this.runtime = { now, random, log, env, setTimer: setOrCall }
  }

  /** The pauses of the model's calls from now on: what they were for, and of what cause. */
  follow({ callbackManager }: LLM): readonly string[] {
    const pauses: string[] = []
    for (const kind of ['retry', 'waiting'] as const) {
      callbackManager.on(kind, ({ delayMs, cause }) => {
        pauses.push(`${kind}: ${cause.code}`)
        // And a second more, which is how far apart questions about failures are.
        queueMicrotask(() => this.#clock.advance(delayMs + 1000))
      })
    }
    return pauses
  }
}
