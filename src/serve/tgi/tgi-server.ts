import type { ServedModel } from '../served-model.js'
import type { RouteRequest, ServerState } from '../surface.js'
import { isHeadraceError } from '../../errors/headrace-error.js'
import type { ChatMessage } from '../../contract/message.js'
import { inputTooLong, invalid, overloaded } from './tgi-failure.js'
import { readBody } from './read-body.js'

/** The version whose answers are given. */
export const version = '3.3.6'

const defaultConcurrency = 128

/** One model, and what is told of it. */
export class TgiServer {
  readonly model: ServedModel
  readonly modelId: string
  readonly maxConcurrency: number
  readonly pingIntervalMs: number
  readonly #maxBodyBytes: number
  #live = 0

  constructor({ models, maxConcurrency, maxModelRequests, maxBodyBytes, pingIntervalMs }: ServerState) {
    const [entry] = models
    if (entry === undefined) throw new Error('A TGI server needs a model.')
    ;[this.modelId, this.model] = entry
    const most = Math.min(maxConcurrency, maxModelRequests)
    this.maxConcurrency = most === Infinity ? defaultConcurrency : most
    this.#maxBodyBytes = maxBodyBytes
    this.pingIntervalMs = pingIntervalMs
  }

  /** Tokens that input and answer share. Absent: nobody knows. */
  get maxTotalTokens(): number | undefined {
    return this.model.metadata.contextWindow
  }

  readBody({ incoming }: RouteRequest): Promise<unknown> {
    return readBody(incoming, this.#maxBodyBytes)
  }

  /** Tokens of an input; absent where the model does not count. @throws HeadraceError what a chat template refuses */
  async count(input: string | readonly ChatMessage[]): Promise<number | undefined> {
    try {
      return await this.model.countTokens?.(input)
    } catch (error) {
      if (isHeadraceError(error) && error.code === 'MODEL_ABILITY' && this.model.metadata.isChatModel) return undefined
      throw error
    }
  }

  /** @throws HttpFailure 422 where input and answer do not fit the window. */
  checkLength(inputTokens: number | undefined, maxNewTokens: number | undefined): void {
    const most = this.maxTotalTokens
    if (most === undefined || inputTokens === undefined) return
    if (inputTokens > most - 1) throw inputTooLong(inputTokens, most)
    if (maxNewTokens === undefined || inputTokens + maxNewTokens <= most) return
    const given = `${inputTokens} \`inputs\` tokens and ${maxNewTokens} \`max_new_tokens\``
    throw invalid(`\`inputs\` tokens + \`max_new_tokens\` must be <= ${most}. Given: ${given}`)
  }

  /** Takes one of the places. @throws HttpFailure 429 */
  enter(): Disposable {
    if (this.#live >= this.maxConcurrency) throw overloaded()
    this.#live++
    return { [Symbol.dispose]: () => void this.#live-- }
  }
}

/** One request at one of TGI's routes. */
export interface TgiRequest extends RouteRequest {
  readonly server: TgiServer
}
