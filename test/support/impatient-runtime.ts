import type { Runtime } from '../../src/contract/runtime.js'
import { ManualRuntime } from './manual-runtime.js'

/** Time that passes at once in pauses of a second or less; longer timers are deadlines and wait for what is asked. */
export class ImpatientRuntime implements Runtime {
  readonly clock: ManualRuntime = new ManualRuntime()
  readonly env = {}
  readonly now = this.clock.now
  readonly random = this.clock.random
  readonly log = this.clock.log
  readonly setTimer: Runtime['setTimer'] = (callback, delayMs) => {
    if (delayMs <= 1000) queueMicrotask(() => this.clock.advance(delayMs))
    return this.clock.setTimer(callback, delayMs)
  }
}
