import type { CallHandle, GenerateOneResult } from '../contract/generate.js'
import type { ChatResponse, CompletionResponse } from '../contract/response.js'
import type { Runtime } from '../contract/runtime.js'
import type { Call } from './call.js'
import type { CallConsumer, CallSpec } from './call-spec.js'
import { resultOfAnswer, resultOfFailure } from './generate-one-result.js'
import { toFamily } from './to-family.js'

type Response = ChatResponse | CompletionResponse

/** Makes one result of a call, or of what kept it from being made. */
export class Generation implements CallConsumer<Response> {
  readonly handle: CallHandle | undefined
  /** What is asked, once that is known. */
  spec: CallSpec<Response> | undefined
  readonly #resolve: (result: GenerateOneResult) => void
  readonly #runtime: Pick<Runtime, 'now'>
  readonly #startedAt: number
  #call: Call<Response> | undefined

  constructor(
    resolve: (result: GenerateOneResult) => void,
    runtime: Pick<Runtime, 'now'>,
    handle: CallHandle | undefined,
  ) {
    this.#resolve = resolve
    this.#runtime = runtime
    this.#startedAt = runtime.now()
    this.handle = handle
  }

  /** Starts the call, whose consumer it is. */
  start(call: Call<Response>): void {
    this.#call = call
    if (this.handle !== undefined) this.handle.call = call
    call.start()
  }

  succeed(response: Response): void {
    this.#resolve(resultOfAnswer(response))
  }

  fail(error: unknown): void {
    const totalMs = this.#runtime.now() - this.#startedAt
    const timings = this.#call?.timings ?? { firstTokenMs: undefined, totalMs, attempts: 0 }
    this.#resolve(resultOfFailure(toFamily(error), this.spec, timings, this.#call?.refusedRaw))
  }
}
