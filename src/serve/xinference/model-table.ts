import type { Runtime } from '../../contract/runtime.js'
import { HttpFailure } from '../http-failure.js'
import { toProcessText } from './failures.js'
import { pythonList } from './python-text.js'
import type { ServedModel } from '../served-model.js'

/** How long a miss is remembered: `XINFERENCE_MODEL_NOT_FOUND_CACHE_TTL`. */
const missMs = 10_000
const maxMisses = 1000

/** The served models by uid. */
export class ModelTable {
  readonly #models: ReadonlyMap<string, ServedModel>
  readonly #clock: Pick<Runtime, 'now'>
  readonly #address: string
  readonly #misses = new Map<string, number>()

  /** @param address - Of the process that looks the model up, which is named in a refusal. */
  constructor(models: ReadonlyMap<string, ServedModel>, clock: Pick<Runtime, 'now'>, address: string) {
    this.#models = models
    this.#address = address
    this.#clock = clock
  }

  entries(): Iterable<[string, ServedModel]> {
    return this.#models.entries()
  }

  get(uid: string): ServedModel | undefined {
    return this.#models.get(uid)
  }

  /**
   * The model for an inference request. A miss is remembered for ten seconds, and answered in other words then.
   *
   * @throws HttpFailure 404
   */
  require(uid: string): ServedModel {
    const model = this.#models.get(uid)
    if (model !== undefined) return model
    const now = this.#clock.now()
    if ((this.#misses.get(uid) ?? 0) > now) {
      throw new HttpFailure(404, `${notFound(uid)} (cached, retry after 10.0s)`)
    }
    this.#misses.delete(uid)
    this.#misses.set(uid, now + missMs)
    const [oldest] = this.#misses.keys()
    if (this.#misses.size > maxMisses && oldest !== undefined) this.#misses.delete(oldest)
    const reason = `${notFound(uid)}. Available model uids: ${pythonList([...this.#models.keys()])}`
    throw new HttpFailure(404, toProcessText(this.#address, reason))
  }
}

/** What Xinference says of a uid that it does not have. */
export function notFound(uid: string): string {
  return `Model not found in the model list, uid: ${uid}`
}
