import type { LimitController, Observation } from './limit-controller.js'
import { MovingRate } from './moving-rate.js'
import { QueueLaw, targetOf } from './queue-law.js'

/** A gauge that has not seen so large a share of what is in flight is behind; but for so many observations at most. */
const seenShare = 0.7
const longestLag = 3

/** Follows the server's own count of the requests that wait for it. Several clients of one server share its queue. */
export class QueueGaugeController implements LimitController {
  readonly signal = 'queue gauge'
  readonly #law = new QueueLaw()
  readonly #rate = new MovingRate(10_000)
  #lag = 0

  next({ load, limit, inFlight, answered, elapsedMs }: Observation): number {
    this.#rate.add(answered.count, elapsedMs)
    if (load === undefined) return limit
    const { waiting, running } = load
    const all = running === undefined ? inFlight : waiting + running
    if (waiting === 0 && all < seenShare * inFlight && this.#lag++ < longestLag) return limit
    this.#lag = 0
    const share = all === 0 ? 1 : Math.min(1, inFlight / all)
    const target = targetOf(this.#rate.perSecond, inFlight)
    return this.#law.next({ limit, inFlight, waiting: waiting * share, target })
  }

  refused(): void {
    this.#law.reset()
  }
}
