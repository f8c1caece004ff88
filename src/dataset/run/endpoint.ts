import type { GenerateOneOptions, GenerateOneResult } from '../../contract/generate.js'
import type { Runtime } from '../../contract/runtime.js'
import type { ServerLoad } from '../../contract/server-load.js'
import type { HeadraceError, PartialAnswer } from '../../errors/headrace-error.js'
import { Bag } from '../../transport/bag.js'
import { EndpointMeter } from '../concurrency/endpoint-meter.js'
import { LimitFinder, type LimitFinderOptions } from '../concurrency/limit-finder.js'
import type { DatasetLLM } from '../dataset-options.js'
import type { EndpointProgress } from '../run-progress.js'
import { Admission } from './admission.js'
import { Durations } from './durations.js'
import type { Patience } from './patience.js'
import type { RequestItem } from './request-item.js'

export interface EndpointOptions {
  /** For people: an address or a path. */
  readonly name: string
  /** A copy that does no retries of its own. */
  readonly llm: Pick<DatasetLLM, 'generateOne' | 'readLoad'>
  readonly limit: LimitFinderOptions
  /** Of each sample, frozen, so that the model checks them once and not for each row. */
  readonly calls: readonly GenerateOneOptions[]
  readonly runtime: Runtime
  readonly patience: Patience
  /** It may take rows again, or more of them. */
  readonly onRoom: () => void
}

/** A limit that changes is looked at this often, in milliseconds, and one that has come to rest less often. */
const movingEveryMs = 1000
const restingEveryMs = 2000
/** Observations without a change after which a limit rests. */
const restingAfter = 5
/** The share of the newest answer in a mean. */
const newest = 0.05

/** One model at one address: how many requests it may have, those that it has, and what is known of it. */
export class Endpoint {
  readonly admission: Admission
  readonly meter: EndpointMeter = new EndpointMeter()
  readonly durations: Durations = new Durations()
  readonly #options: EndpointOptions
  readonly #finder: LimitFinder
  readonly #items = new Bag<RequestItem>()
  /** Why no row could be answered by it. Somebody may set that right: it is tried now and then. */
  failure: HeadraceError | undefined
  /** Faults in succession. */
  faults = 0
  #requests = 0
  #answers = 0
  /** Milliseconds and characters of a token, in the mean of the last answers. */
  #tokenMs: number | undefined
  #tokenCharacters: number | undefined
  #observedAt: number
  #rounds = 0
  #cancelTimer: (() => void) | undefined
  #isClosed = false

  constructor(options: EndpointOptions) {
    this.#options = options
    const { runtime, patience, onRoom } = options
    this.#finder = new LimitFinder(options.limit)
    this.admission = new Admission({ runtime, finder: this.#finder, patience, onResume: onRoom })
    this.#observedAt = runtime.now()
  }

  get inFlight(): number {
    return this.#items.size
  }

  /** Requests that it takes when nothing is wrong. */
  get limit(): number {
    return this.#finder.limit
  }

  get hasRoom(): boolean {
    return this.#items.size < this.admission.limit
  }

  /** Whether it answers, as far as is known. */
  get isUp(): boolean {
    return this.failure === undefined && this.admission.isUp
  }

  get progress(): EndpointProgress {
    return {
      name: this.#options.name,
      limit: this.#finder.limit,
      signal: this.#finder.signal,
      inFlight: this.#items.size,
      requests: this.#requests,
      answers: this.#answers,
      pause: this.admission.pause,
    }
  }

  /** Requests in flight, in no order. */
  forEachItem(visit: (item: RequestItem) => void): void {
    this.#items.forEach(visit)
  }

  send(item: RequestItem): Promise<GenerateOneResult> {
    const { llm, calls, runtime } = this.#options
    const { input, options } = item.request
    const common = calls[item.sample] as GenerateOneOptions
    this.#requests++
    item.attempts++
    item.endpoint = this
    item.member = this.#items.add(item)
    item.hasBegun = false
    item.sentAt = runtime.now()
    this.meter.sent()
    return llm.generateOne(input, options === undefined ? common : { ...common, ...options }, item)
  }

  /** A request is over, however it ended. */
  ended(item: RequestItem): void {
    if (item.member !== undefined) this.#items.remove(item.member)
    item.call = undefined
    if (!item.hasBegun) this.meter.endedUnbegun()
  }

  answered({ timings, usage, text, response }: GenerateOneResult): void {
    this.#answers++
    this.faults = 0
    this.failure = undefined
    const { firstTokenMs, totalMs } = timings
    const { inputTokens, outputTokens } = usage
    this.meter.answered({ firstTokenMs, totalMs, inputTokens, outputTokens })
    this.durations.add(totalMs)
    if (outputTokens) {
      this.#tokenMs = mean(this.#tokenMs, totalMs / outputTokens)
      const characters = (text?.length ?? 0) + (response?.reasoning?.length ?? 0)
      this.#tokenCharacters = mean(this.#tokenCharacters, characters / outputTokens)
    }
    this.admission.answered()
  }

  /**
   * The output tokens of a request that was ended before the server counted them: by the text that had come, else, of an
   * answer that is not streamed, by the time that it took.
   */
  estimateTokens({ sentAt, hasBegun }: RequestItem, partial: PartialAnswer | undefined): number {
    if (hasBegun || this.meter.streams) {
      const characters = (partial?.text.length ?? 0) + (partial?.reasoning?.length ?? 0)
      return this.#tokenCharacters ? Math.round(characters / this.#tokenCharacters) : 0
    }
    return this.#tokenMs === undefined ? 0 : Math.round((this.#options.runtime.now() - sentAt) / this.#tokenMs)
  }

  /** Looks at the server now and then, until it is closed. */
  watch(): void {
    const everyMs = this.#rounds < restingAfter ? movingEveryMs : restingEveryMs
    this.#cancelTimer = this.#options.runtime.setTimer(() => {
      this.#observe().then(
        () => {
          if (!this.#isClosed) this.watch()
        },
        // What is wrong with the endpoint is for its requests to find out.
        () => undefined,
      )
    }, everyMs)
  }

  close(): void {
    this.#isClosed = true
    this.#cancelTimer?.()
    this.admission.close()
  }

  async #observe(): Promise<void> {
    const { llm, runtime, onRoom } = this.#options
    const isMoving = this.#finder.isMoving
    const load: ServerLoad | undefined = isMoving && this.isUp ? await llm.readLoad?.() : undefined
    if (this.#isClosed) return
    const now = runtime.now()
    const observation = this.meter.observe(now - this.#observedAt, this.#finder.limit, this.#items.size, load)
    this.#observedAt = now
    const before = this.#finder.limit
    // While it is left alone nothing is learned of it.
    if (isMoving && this.admission.limit === before) this.#finder.observe(observation)
    this.#rounds = this.#finder.limit === before ? this.#rounds + 1 : 0
    onRoom()
  }
}

function mean(before: number | undefined, now: number): number {
  return before === undefined ? now : before + newest * (now - before)
}
