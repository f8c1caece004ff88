import type { LimitController, Observation } from './limit-controller.js'
import { MovingRate } from './moving-rate.js'
import { QueueLaw, targetOf } from './queue-law.js'

/** By so much at most the time that a prompt takes may grow with the batch, in milliseconds. */
const mostSlowerMs = 600

/** The time to first token where nobody waits, and under which circumstances it was seen. */
interface Floor {
  readonly firstTokenMs: number
  tokenMs: number | undefined
  inputTokens: number | undefined
}

/**
 * Sees a queue by the answers that have not begun. Of the requests in flight those without a first token wait or are being
 * read; how many are being read is the rate at which answers begin, times the time that it takes where nobody waits
 * (Little's law). The rest are the queue. It says so at once, where the time to first token says it when the queue is over.
 *
 * The time without a queue, the floor, is the shortest that was seen: longer since then by as much as prompts have become
 * longer, and a little longer where the server makes its tokens more slowly because it makes more of them at once.
 */
export class FirstTokenController implements LimitController {
  readonly signal = 'time to first token'
  readonly #law = new QueueLaw()
  readonly #rate = new MovingRate(5000)
  #floor: Floor | undefined
  #tokenMs: number | undefined
  #inputTokens: number | undefined

  next({ limit, inFlight, unbegun = 0, begun, firstTokensMs, answered, elapsedMs }: Observation): number {
    this.#rate.add(begun, elapsedMs)
    const { count, inputTokens, outputTokens, afterFirstTokenMs } = answered
    if (outputTokens > 0) this.#tokenMs = smooth(this.#tokenMs, afterFirstTokenMs / outputTokens)
    if (inputTokens > 0) this.#inputTokens = smooth(this.#inputTokens, inputTokens / count)
    const floorMs = this.#findFloor(median(firstTokensMs))
    const { perSecond } = this.#rate
    if (floorMs === undefined || perSecond === undefined) return limit
    const waiting = Math.max(0, unbegun - (perSecond * floorMs) / 1000)
    return this.#law.next({ limit, inFlight, waiting, target: targetOf(perSecond, inFlight) })
  }

  refused(): void {
    this.#law.reset()
  }

  #findFloor(firstTokenMs: number | undefined): number | undefined {
    const floor = this.#floor
    const floorMs = floor && this.#scaled(floor)
    if (firstTokenMs === undefined || firstTokenMs >= (floorMs ?? Infinity)) return floorMs
    this.#floor = { firstTokenMs, tokenMs: this.#tokenMs, inputTokens: this.#inputTokens }
    return firstTokenMs
  }

  #scaled(floor: Floor): number {
    floor.tokenMs ??= this.#tokenMs
    floor.inputTokens ??= this.#inputTokens
    const longer = Math.max(1, ratio(this.#inputTokens, floor.inputTokens))
    const readMs = floor.firstTokenMs * longer
    const slowerMs = readMs * (Math.max(1, ratio(this.#tokenMs, floor.tokenMs)) - 1)
    return readMs + Math.min(mostSlowerMs, slowerMs)
  }
}

function ratio(now: number | undefined, before: number | undefined): number {
  return now === undefined || before === undefined || before === 0 ? 1 : now / before
}

/** The last few observations. */
function smooth(before: number | undefined, now: number): number {
  return before === undefined ? now : before + 0.3 * (now - before)
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]
}
