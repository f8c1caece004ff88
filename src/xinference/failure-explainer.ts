import type { Runtime } from '../contract/runtime.js'
import type { HeadraceError } from '../errors/headrace-error.js'
import { isReasonHidden, readHiddenReason } from './hidden-reason.js'
import { type EventList, listEvents } from './list-events.js'
import { listModels } from './list-models.js'
import type { ModelDescription } from './model-description.js'
import { isRememberedMiss, readRememberedMiss } from './remembered-miss.js'
import type { Session } from './session.js'
import { SharedQuestion } from './shared-question.js'

/** An explanation is worth a short wait and no further attempt. */
const settings = { timeoutMs: 2000, maxRetries: 0 } as const

/** Asks a server about the failures of one model's calls which do not say what happened. */
export class FailureExplainer {
  readonly #modelUid: string
  readonly #url: string
  readonly #runtime: Runtime
  readonly #events: SharedQuestion<EventList>
  readonly #models: SharedQuestion<readonly ModelDescription[]>

  constructor(session: Session, modelUid: string, runtime: Runtime) {
    this.#modelUid = modelUid
    this.#url = session.endpoint.url
    this.#runtime = runtime
    this.#events = new SharedQuestion(() => listEvents(session, modelUid, settings), runtime)
    this.#models = new SharedQuestion(() => listModels(session, settings), runtime)
  }

  /** @returns `undefined` for a failure that tells its reason; the same error where no better one can be had. */
  explain(error: HeadraceError): Promise<HeadraceError> | undefined {
    if (isReasonHidden(error)) return this.#findReason(error)
    if (isRememberedMiss(error)) return this.#lookAgain(error)
    return undefined
  }

  async #findReason(error: HeadraceError): Promise<HeadraceError> {
    const failedAt = this.#runtime.now()
    try {
      const { answer, askedAt } = await this.#events.ask()
      return readHiddenReason(error, answer, askedAt - failedAt)
    } catch {
      // A key that may not read events, a server that is down: what there was to say is in the failure itself.
      return error
    }
  }

  async #lookAgain(error: HeadraceError): Promise<HeadraceError> {
    try {
      const { answer } = await this.#models.ask()
      return readRememberedMiss(error, answer, this.#modelUid, this.#url)
    } catch {
      return error
    }
  }
}
