import { FirstTokenController } from './first-token-controller.js'
import { GoodputController } from './goodput-controller.js'
import type { LimitController, LimitSignal, Observation } from './limit-controller.js'
import { QueueGaugeController } from './queue-gauge-controller.js'
import { RejectionController } from './rejection-controller.js'

export interface LimitFinderOptions {
  /** The limit is this one, for as long as the server refuses nothing. */
  readonly fixed?: { readonly limit: number; readonly signal: 'given' | 'back end' } | undefined
  /** It is never above this. */
  readonly most: number
}

const firstLimit = 8
/** Observations without a reading after which a gauge is no longer there. */
const longestSilence = 5

/** How many requests an endpoint should have in flight, by the best signal that it gives. */
export class LimitFinder {
  readonly #options: LimitFinderOptions
  #limit: number
  #signal: LimitSignal
  readonly #controllers = {
    gauge: new QueueGaugeController(),
    firstToken: new FirstTokenController(),
    goodput: new GoodputController(),
  }
  #controller: LimitController | undefined
  #rejections: RejectionController | undefined
  #silence = longestSilence

  constructor(options: LimitFinderOptions) {
    this.#options = options
    this.#limit = Math.min(options.most, options.fixed?.limit ?? firstLimit)
    this.#signal = options.fixed?.signal ?? 'start'
  }

  get limit(): number {
    return this.#limit
  }

  /** What set the limit. */
  get signal(): LimitSignal {
    return this.#signal
  }

  /** Whether observations can change the limit. */
  get isMoving(): boolean {
    return this.#options.fixed === undefined || this.#rejections !== undefined
  }

  observe(observation: Observation): void {
    const { fixed, most } = this.#options
    const controller = this.#choose(observation)
    this.#controller = controller
    if (controller === undefined) return
    const next = Math.max(1, Math.min(most, fixed?.limit ?? Infinity, controller.next(observation)))
    if (fixed !== undefined && next === fixed.limit) {
      this.#rejections = undefined
      this.#signal = fixed.signal
    } else if (next !== this.#limit || this.#signal === 'start') this.#signal = controller.signal
    this.#limit = next
  }

  /** The server refused requests and took `accepted` of those in flight. */
  refused(accepted: number): void {
    this.#limit = Math.max(1, Math.min(Math.floor(this.#limit * 0.8), accepted))
    this.#signal = 'rejections'
    this.#controller?.refused(this.#limit)
    if (this.#rejections === undefined) this.#rejections = new RejectionController(Math.max(1, accepted))
    else this.#rejections.refused(Math.max(1, accepted))
  }

  #choose({ load, unbegun }: Observation): LimitController | undefined {
    if (this.#options.fixed !== undefined) return this.#rejections
    this.#silence = load === undefined ? this.#silence + 1 : 0
    const { gauge, firstToken, goodput } = this.#controllers
    if (this.#silence < longestSilence) return gauge
    if (unbegun !== undefined) return firstToken
    return this.#rejections ?? goodput
  }
}
