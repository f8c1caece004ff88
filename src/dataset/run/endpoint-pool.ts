import type { GenerateOneOptions } from '../../contract/generate.js'
import type { Warning } from '../../contract/response.js'
import type { Runtime } from '../../contract/runtime.js'
import { EndpointsDifferError } from '../../errors/endpoints-differ-error.js'
import { type HeadraceError, isHeadraceError } from '../../errors/headrace-error.js'
import type { Task } from '../../tasks/task.js'
import type { DatasetLLM } from '../dataset-options.js'
import type { EndpointProgress } from '../run-progress.js'
import { Endpoint } from './endpoint.js'
import { compareEndpoints, endpointName, knownName } from './endpoint-identity.js'
import { findLimitOptions, type LimitWishes } from './find-limit-options.js'
import { type OpenModel, openModel } from './open-model.js'
import type { Patience } from './patience.js'

export interface EndpointPoolOptions {
  /** In the order of preference. */
  readonly llms: readonly DatasetLLM[]
  readonly mode: 'together' | 'fallback'
  readonly allowsDifferent: boolean
  readonly limits: LimitWishes
  readonly task: Task
  readonly call: GenerateOneOptions
  readonly numGenerations: number
  readonly signal: AbortSignal
  readonly runtime: Runtime
  readonly patience: Patience
  /** An endpoint has room, or a new one is there. */
  readonly onRoom: () => void
}

/** One of the models that were given, and what became of it. */
interface Place {
  readonly name: string
  readonly original: DatasetLLM
  model: OpenModel | undefined
  endpoint: Endpoint | undefined
  /** Why it is not there. */
  failure: HeadraceError | undefined
  tries: number
}

/** When somebody answers, the others get so long to be there from the beginning. */
const graceMs = 5000
const firstRetryMs = 1000
const longestRetryMs = 60_000

/** All endpoints of a run. One that is not there at the beginning is looked for again, and joins when it is. */
export class EndpointPool {
  readonly #options: EndpointPoolOptions
  readonly #places: readonly Place[]
  #endpoints: readonly Endpoint[] = []
  /** What all must be like. */
  #reference: DatasetLLM | undefined
  readonly #timers = new Set<() => void>()
  #isClosed = false

  private constructor(options: EndpointPoolOptions) {
    this.#options = options
    this.#places = options.llms.map((original) => ({
      name: endpointName(original),
      original,
      model: undefined,
      endpoint: undefined,
      failure: undefined,
      tries: 0,
    }))
  }

  /**
   * Loads the models, and goes on as soon as one is there and the others have had a moment.
   *
   * @throws HeadraceError `ENDPOINTS_DIFFER`; what keeps the last one from being loaded, if none could be; what only the
   * user can set right, such as `AUTHENTICATION_FAILED`.
   */
  static async open(options: EndpointPoolOptions): Promise<EndpointPool> {
    const pool = new EndpointPool(options)
    try {
      await pool.#open()
    } catch (error) {
      await pool.close()
      throw error
    }
    return pool
  }

  /** Those that are there, in the order of preference. */
  get endpoints(): readonly Endpoint[] {
    return this.#endpoints
  }

  /** How many were given. */
  get size(): number {
    return this.#places.length
  }

  /** Requests that all of them together take when nothing is wrong. */
  get limit(): number {
    return this.#endpoints.reduce((sum, { limit }) => sum + limit, 0)
  }

  /** Whether none can answer any row. */
  get isHopeless(): boolean {
    return this.#places.every(({ endpoint, failure }) => (endpoint?.failure ?? failure) !== undefined)
  }

  /** What the models that are there are called. */
  get modelNames(): readonly string[] {
    return this.#places.flatMap(({ model }) => (model && knownName(model.llm.metadata)) ?? [])
  }

  /** What should be known of how the models are asked. */
  get warnings(): readonly Warning[] {
    const all = this.#places.flatMap(({ model }) => model?.warnings ?? [])
    return [...new Map(all.map((warning) => [warning.message, warning])).values()]
  }

  get progress(): readonly EndpointProgress[] {
    return this.#places.map(({ name, endpoint, failure }) => endpoint?.progress ?? absent(name, failure))
  }

  /** Those that may be given rows now, in their order: all, or up to the first that works. */
  turn(): readonly Endpoint[] {
    if (this.#options.mode === 'together') return this.#endpoints
    const last = this.#endpoints.findIndex(({ isUp }) => isUp)
    return last === -1 ? this.#endpoints : this.#endpoints.slice(0, last + 1)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const cancel of this.#timers) cancel()
    for (const endpoint of this.#endpoints) endpoint.close()
    await Promise.all(this.#places.map(async ({ model }) => model?.close()))
  }

  async #open(): Promise<void> {
    const attempts = this.#places.map((place) => this.#join(place, true))
    const all = Promise.all(attempts)
    // Whoever fails for good ends the wait, also when it is over.
    all.catch(() => undefined)
    await Promise.race([all, this.#firstAndGrace(attempts)])
    if (this.#endpoints.length > 0) return
    await all
    if (this.#endpoints.length === 0) throw this.#places.findLast(({ failure }) => failure !== undefined)?.failure
  }

  async #firstAndGrace(attempts: readonly Promise<boolean>[]): Promise<void> {
    await Promise.any(attempts.map(async (attempt) => (await attempt) || Promise.reject(new Error('not there'))))
    await new Promise<void>((resolve) => this.#later(resolve, graceMs))
  }

  /** @returns whether it is there. @throws HeadraceError where only the user can help, `isFirst`. */
  async #join(place: Place, isFirst: boolean): Promise<boolean> {
    const { task, call } = this.#options
    let model: OpenModel | undefined
    try {
      model = await openModel(place.original, task, call)
      this.#check(model.llm)
      const endpoint = await this.#createEndpoint(place.name, model)
      if (this.#isClosed) {
        await model.close()
        return false
      }
      place.model = model
      place.endpoint = endpoint
      place.failure = undefined
      this.#endpoints = this.#places.flatMap((each) => each.endpoint ?? [])
      endpoint.watch()
      if (!isFirst) this.#options.onRoom()
      return true
    } catch (error) {
      await model?.close()
      if (!isHeadraceError(error) || (isFirst && !isPassing(error))) throw error
      place.failure = error
      if (isPassing(error)) this.#tryLater(place)
      return false
    }
  }

  #check(llm: DatasetLLM): void {
    this.#reference ??= llm
    if (this.#options.allowsDifferent || this.#reference === llm) return
    const differences = compareEndpoints(this.#reference, llm)
    if (differences.length === 0) return
    throw new EndpointsDifferError(
      `${endpointName(llm)} and ${endpointName(this.#reference)} are not the same (${differences.join('; ')}): their rows would be mixed. Give endpoints of one model, or allow it with --allow-different-models (allowDifferentModels: true).`,
    )
  }

  async #createEndpoint(name: string, { llm, asked }: OpenModel): Promise<Endpoint> {
    const { limits, call, numGenerations, signal, runtime, patience, onRoom } = this.#options
    const { limit, wireMode } = await findLimitOptions(llm, limits, call.wireMode)
    const common = wireMode === undefined ? call : { ...call, wireMode }
    const calls = Array.from({ length: numGenerations }, (_, sample) => Object.freeze({ ...common, signal, sample }))
    return new Endpoint({ name, llm: asked, limit, calls, runtime, patience, onRoom })
  }

  #tryLater(place: Place): void {
    if (this.#isClosed || this.size === 1) return
    const delayMs = Math.min(longestRetryMs, firstRetryMs * 2 ** place.tries++)
    this.#later(() => {
      this.#join(place, false).catch(() => undefined)
    }, delayMs)
  }

  #later(act: () => void, delayMs: number): void {
    const cancel = this.#options.runtime.setTimer(() => {
      this.#timers.delete(cancel)
      act()
    }, delayMs)
    this.#timers.add(cancel)
  }
}

/** Whether it may be over after a while. */
function isPassing({ code, isFatal }: HeadraceError): boolean {
  return !isFatal && code !== 'ENDPOINTS_DIFFER' && code !== 'INVALID_OPTION' && code !== 'RUN_CHANGED'
}

function absent(name: string, failure: HeadraceError | undefined): EndpointProgress {
  const message = failure?.message ?? 'It is being loaded.'
  const cause = failure === undefined ? 'warming-up' : 'outage'
  return { name, limit: 0, signal: 'start', inFlight: 0, requests: 0, answers: 0, pause: { cause, message } }
}
