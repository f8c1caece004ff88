/** Of a queue: what is in it, and what should be. */
export interface QueueState {
  readonly limit: number
  readonly inFlight: number
  /** Our requests that wait at the server. */
  readonly waiting: number
  /** How many should wait, so that a slot that becomes free is taken at once. */
  readonly target: number
}

/** Growth by the number of steps in succession that found nobody waiting. */
const growth = [1.03, 1.1, 1.25, 1.5, 2]
/**
 * Rounds until a change of the limit shows: of a burst of new requests the server needs a moment to begin with all, and
 * what is seen of it may be a second or two old.
 */
const settlingRounds = 2
/** Requests that have just come wait for the server's next step: it is a queue if it is one so often in succession. */
const queuedRounds = 3

/**
 * The law by which a limit follows a queue that can be seen. Requests in flight beyond what the server runs wait, so the
 * number that wait says directly by how many the limit is too high; where none wait, nothing but trying tells how
 * much more the server takes. It is tried by doubling until the first queue, and ever faster after it for as long as no
 * queue shows, so that a server which becomes larger is filled again.
 */
export class QueueLaw {
  #hasQueued = false
  #emptySteps = 0
  #queuedRounds = 0
  #roundsSinceRaise = 0
  /** By how much the limit was last raised; 0 once it was lowered. */
  #raise = 0
  /** Rounds since what was in flight has come down to a lowered limit. */
  #roundsSinceReached = settlingRounds
  /** What was too much when the limit was last lowered. */
  #excess = 0

  next({ limit, inFlight, waiting, target }: QueueState): number {
    this.#roundsSinceRaise++
    this.#roundsSinceReached = inFlight > limit ? 0 : this.#roundsSinceReached + 1
    // What is in flight beyond the limit ends without being followed.
    const left = waiting - Math.max(0, inFlight - limit)
    if (left > 1.5 * target + 1) return this.#lower(limit, waiting, left - target)
    // Whoever has no rows to ask learns nothing of the server.
    if (inFlight < 0.8 * limit) return limit
    if (waiting >= target / 2) {
      this.#emptySteps = 0
      this.#hasQueued ||= ++this.#queuedRounds >= queuedRounds
      return limit
    }
    this.#queuedRounds = 0
    return this.#raiseBeyond(limit)
  }

  /** The limit was set from outside, because there was more than the server takes. */
  reset(): void {
    this.#hasQueued = true
    this.#emptySteps = 0
    this.#raise = 0
  }

  #lower(limit: number, waiting: number, excess: number): number {
    this.#emptySteps = 0
    if (this.#roundsSinceRaise <= settlingRounds && waiting <= this.#raise) return limit
    const isSettled = this.#roundsSinceReached >= settlingRounds
    if (!isSettled && excess < 2 * this.#excess) return limit
    this.#hasQueued = true
    this.#raise = 0
    this.#excess = excess
    this.#roundsSinceReached = 0
    return Math.max(1, Math.round(limit - excess))
  }

  #raiseBeyond(limit: number): number {
    const isSettled = this.#roundsSinceRaise >= settlingRounds && this.#roundsSinceReached >= settlingRounds
    if (this.#hasQueued && !isSettled) return limit
    const step = this.#hasQueued ? Math.min(this.#emptySteps++, growth.length - 1) : growth.length - 1
    const next = Math.max(limit + 1, Math.round(limit * (growth[step] ?? 1)))
    this.#raise = next - limit
    this.#roundsSinceRaise = 0
    return next
  }
}

/** Seconds that a request should wait at the server. */
const targetWait = 0.4

/** How many requests should wait where so many are begun a second; a few in a hundred of those in flight at most. */
export function targetOf(perSecond: number | undefined, inFlight: number): number {
  const most = Math.max(2, 0.04 * inFlight)
  return perSecond === undefined ? most : Math.min(most, Math.max(1, targetWait * perSecond))
}
