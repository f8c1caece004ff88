import type { LimitController, Observation } from './limit-controller.js'

/** An epoch is this many times as long as an answer takes, and has at least so many answers for each of the limit. */
const answersLong = 1.2
const answersOfLimit = 1
const mostAnswersNeeded = 64
const shortestEpochMs = 2000

/** Twice the requests must bring this much more. */
const worthDoubling = 1.1
const worthMore = 1.05
const worthKeeping = 0.98

/** What is being tried. */
type Step = 'double' | 'lower' | 'higher' | 'settle'

/**
 * Climbs by what comes out: tokens a second. For servers that say nothing else. It needs whole answers to learn
 * anything, so it is slow, and leaves a queue of some seconds.
 */
export class GoodputController implements LimitController {
  readonly signal = 'goodput'
  #step: Step = 'double'
  /** The rate of the limit that is held to be the best, and that limit. */
  #best = 0
  #bestLimit = 1
  #epochMs = 0
  #answers = 0
  #answersMs = 0
  #tokens = 0
  #isHungry = false
  /** In turn, so that neither direction is tried twice in succession. */
  #triesHigher = false
  /** The first epoch after a change has answers to requests from before it. */
  #isSettling = false

  next(observation: Observation): number {
    const { limit, inFlight, answered } = observation
    this.#epochMs += observation.elapsedMs
    this.#answers += answered.count
    this.#answersMs += answered.totalMs
    // A server that counts no tokens is measured by its answers.
    this.#tokens += answered.outputTokens > 0 ? answered.outputTokens : answered.count
    if (inFlight < 0.8 * limit) this.#isHungry = true
    const needed = Math.min(mostAnswersNeeded, answersOfLimit * limit)
    if (this.#answers < needed) return limit
    if (this.#epochMs < Math.max(shortestEpochMs, (answersLong * this.#answersMs) / this.#answers)) return limit
    const rate = this.#tokens / this.#epochMs
    const wasHungry = this.#isHungry
    this.#begin()
    if (wasHungry) return limit
    if (this.#isSettling) {
      this.#isSettling = false
      return limit
    }
    const next = this.#judge(rate, limit)
    this.#isSettling = next !== limit
    return next
  }

  refused(accepted: number): void {
    this.#begin()
    this.#step = 'settle'
    this.#bestLimit = accepted
  }

  #begin(): void {
    this.#epochMs = 0
    this.#answers = 0
    this.#answersMs = 0
    this.#tokens = 0
    this.#isHungry = false
  }

  #judge(rate: number, limit: number): number {
    switch (this.#step) {
      case 'double':
        if (rate > worthDoubling * this.#best) return this.#keep(rate, limit, limit * 2)
        this.#step = 'settle'
        return this.#bestLimit
      case 'lower':
        this.#step = 'settle'
        if (rate >= worthKeeping * this.#best) return this.#keep(rate, limit, limit)
        return this.#bestLimit
      case 'higher':
        this.#step = 'settle'
        if (rate < worthMore * this.#best) return this.#bestLimit
        this.#step = 'double'
        return this.#keep(rate, limit, limit * 2)
      case 'settle':
        this.#triesHigher = !this.#triesHigher
        this.#step = this.#triesHigher ? 'higher' : 'lower'
        this.#best = rate
        this.#bestLimit = limit
        return this.#triesHigher ? Math.ceil(limit * 1.25) : Math.max(1, Math.floor(limit * 0.85))
    }
  }

  #keep(rate: number, limit: number, next: number): number {
    this.#best = rate
    this.#bestLimit = limit
    return next
  }
}
