import { EndpointMeter } from '../../src/dataset/concurrency/endpoint-meter.js'
import { LimitFinder, type LimitFinderOptions } from '../../src/dataset/concurrency/limit-finder.js'

export interface BatchingServer {
  /** Requests that are answered at once. */
  slots: number
  /** A step, which makes one token of each, takes `stepMs` and `stepMsEach` more for each request of the batch. */
  readonly stepMs: number
  readonly stepMsEach: number
  /** Lognormal. */
  readonly meanTokens: number
  readonly sigma: number
  /** Requests that begin wait for so many steps of their own before their first token. @defaultValue 0 */
  promptSteps?: number
  /** More than so many waiting are refused. @defaultValue Infinity */
  readonly longestQueue?: number
  /** Whether it says how many wait. */
  readonly hasGauge: boolean
  /** Whether answers are streamed. */
  readonly streams: boolean
  /** A gauge shows what was true so many milliseconds ago. @defaultValue 0 */
  readonly gaugeLagMs?: number
}

interface Request {
  readonly sentAt: number
  readonly tokens: number
  left: number
  prompt: number
  startedAt: number
  beganAt: number
}

export interface Second {
  readonly at: number
  readonly limit: number
  readonly signal: string
  readonly waiting: number
  readonly tokens: number
  /** The most tokens that were possible in it. */
  readonly possible: number
}

/**
 * A server that answers a batch of requests token by token, first come first served, and a client with rows without end
 * whose limit is found by a {@link LimitFinder}. Time is that of the model: hours pass in a second.
 */
export class BatchingModel {
  readonly server: BatchingServer
  readonly finder: LimitFinder
  readonly seconds: Second[] = []
  /** Milliseconds that requests which began in the second `at` had waited. */
  readonly waits: { readonly at: number; readonly waitMs: number }[] = []
  refusals = 0
  #now = 0
  #random: number
  #running: Request[] = []
  #waiting: Request[] = []
  readonly #meter = new EndpointMeter()
  #pausedUntil = 0
  #refusedNow = 0
  #acceptedNow = 0
  readonly #gauge: { readonly at: number; readonly waiting: number; readonly running: number }[] = []

  constructor(server: BatchingServer, options: LimitFinderOptions = { most: 4096 }, seed = 1) {
    this.server = server
    this.finder = new LimitFinder(options)
    this.#random = seed * 7919
  }

  run(seconds: number): this {
    const end = this.#now + seconds * 1000
    let nextTick = Math.ceil((this.#now + 1) / 1000) * 1000
    let tokens = 0
    let possible = 0
    while (this.#now < end) {
      this.#send()
      const { slots, stepMs, stepMsEach } = this.server
      while (this.#running.length < slots && this.#waiting.length > 0) {
        const request = this.#waiting.shift() as Request
        request.startedAt = this.#now
        this.waits.push({ at: this.#now / 1000, waitMs: this.#now - request.sentAt })
        this.#running.push(request)
      }
      const takes = this.#running.length === 0 ? 1 : stepMs + stepMsEach * this.#running.length
      this.#now += takes
      possible += (slots * takes) / (stepMs + stepMsEach * slots)
      tokens += this.#step()
      const gauge = { at: this.#now, waiting: this.#waiting.length, running: this.#running.length }
      this.#gauge.push(gauge)
      if (this.#gauge.length > 1000) this.#gauge.splice(0, 500)
      if (this.#now < nextTick) continue
      nextTick += 1000
      this.#tick()
      const { limit, signal } = this.finder
      this.seconds.push({ at: this.#now / 1000, limit, signal, waiting: this.#waiting.length, tokens, possible })
      tokens = possible = 0
    }
    return this
  }

  /** Tokens of these seconds over the most that were possible. */
  share(from: number, to = Infinity): number {
    const part = this.seconds.filter(({ at }) => at > from && at <= to)
    return sum(part.map(({ tokens }) => tokens)) / sum(part.map(({ possible }) => possible))
  }

  medianWaitMs(from: number, to = Infinity): number {
    const part = this.waits.filter(({ at }) => at > from && at <= to).map(({ waitMs }) => waitMs)
    return part.toSorted((one, other) => one - other)[Math.floor(part.length / 2)] ?? 0
  }

  #send(): void {
    const { longestQueue = Infinity, promptSteps = 0 } = this.server
    if (this.#now < this.#pausedUntil) return
    if (this.#refusedNow > 0) {
      this.finder.refused(this.#acceptedNow - this.#refusedNow)
      this.#refusedNow = 0
    }
    while (this.#running.length + this.#waiting.length < this.finder.limit) {
      const isFull = this.#running.length + this.#waiting.length >= this.server.slots + longestQueue
      if (isFull) {
        this.refusals++
        const inFlight = this.#running.length + this.#waiting.length
        this.#acceptedNow = this.finder.limit
        this.#refusedNow = this.finder.limit - inFlight
        this.#pausedUntil = this.#now + 500
        return
      }
      const tokens = this.#length()
      this.#waiting.push({ sentAt: this.#now, tokens, left: tokens, prompt: promptSteps, startedAt: 0, beganAt: 0 })
      this.#meter.sent()
    }
  }

  #step(): number {
    let tokens = 0
    const { streams } = this.server
    this.#running = this.#running.filter((request) => {
      if (request.prompt > 0) {
        request.prompt--
        return true
      }
      tokens++
      if (request.beganAt === 0) {
        request.beganAt = this.#now
        if (streams) this.#meter.began(this.#now - request.sentAt)
      }
      if (--request.left > 0) return true
      const totalMs = this.#now - request.sentAt
      if (!streams) this.#meter.endedUnbegun()
      const firstTokenMs = streams ? request.beganAt - request.sentAt : undefined
      this.#meter.answered({ firstTokenMs, totalMs, inputTokens: 10, outputTokens: request.tokens })
      return false
    })
    return tokens
  }

  #tick(): void {
    const { hasGauge, gaugeLagMs = 0 } = this.server
    const gauge = hasGauge ? this.#gauge.findLast(({ at }) => at <= this.#now - gaugeLagMs) : undefined
    const inFlight = this.#running.length + this.#waiting.length
    this.finder.observe(this.#meter.observe(1000, this.finder.limit, inFlight, gauge))
  }

  #length(): number {
    const { meanTokens, sigma } = this.server
    const normal = Math.sqrt(-2 * Math.log(1 - this.#chance())) * Math.cos(2 * Math.PI * this.#chance())
    return Math.max(1, Math.round(meanTokens * Math.exp(sigma * normal - (sigma * sigma) / 2)))
  }

  /** https://en.wikipedia.org/wiki/Lehmer_random_number_generator */
  #chance(): number {
    this.#random = (this.#random * 48_271) % 0x7f_ff_ff_ff
    return this.#random / 0x7f_ff_ff_ff
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
