import type { CallHandle } from '../../contract/generate.js'
import { AbortedError } from '../../errors/aborted-error.js'
import type { StoredAnswer, TaskRequest } from '../../tasks/task.js'
import type { Member } from '../../transport/bag.js'
import type { EndpointMeter } from '../concurrency/endpoint-meter.js'
import type { SourceRow } from '../sources/source.js'
import type { SteppedRow } from './row-steps.js'

const noSteps: readonly StoredAnswer[] = []

/** One sample of one row that is to be answered; the model's hold on its call while it is under way. */
export class RequestItem implements CallHandle, SteppedRow {
  readonly row: SourceRow
  readonly sample: number
  request: TaskRequest
  steps: readonly StoredAnswer[] = noSteps
  /** Attempts that failed by the server's fault. */
  faults = 0
  /** Attempts that the server refused, and how many answers there were at the first of them. */
  refusals = 0
  answersBefore = 0
  attempts = 0
  /** Failed attempts of which the server had read the prompt and did not tell its tokens. */
  unknownPrompts = 0

  // While it is in flight.
  call: CallHandle['call']
  endpoint: { readonly meter: EndpointMeter } | undefined
  member: Member<RequestItem> | undefined
  sentAt = 0
  hasBegun = false
  /** The same sample, asked somewhere else at the same time: the first answer counts. */
  rival: RequestItem | undefined
  /** The rival was first; its prompt had so many tokens. */
  isBeaten = false
  promptTokens: number | undefined

  constructor(row: SourceRow, sample: number, request: TaskRequest) {
    this.row = row
    this.sample = sample
    this.request = request
  }

  began(firstTokenMs: number): void {
    this.hasBegun = true
    this.endpoint?.meter.began(firstTokenMs)
  }

  /** A second request for the same sample. */
  createRival(): RequestItem {
    const rival = new RequestItem(this.row, this.sample, this.request)
    rival.attempts = this.attempts
    rival.steps = this.steps
    rival.rival = this
    this.rival = rival
    return rival
  }

  /** Its answer counts: ends its rival, whose answer does not any more. `promptTokens`: of both their prompts. */
  win(promptTokens: number | undefined): void {
    const { rival } = this
    if (rival === undefined) return
    this.#part()
    rival.isBeaten = true
    rival.promptTokens = promptTokens
    this.unknownPrompts += rival.unknownPrompts
    this.attempts = Math.max(this.attempts, rival.attempts)
    rival.call?.abort(new AbortedError('Another endpoint was first to answer.'))
  }

  /** Leaves the sample to its rival. @returns whether there is one. */
  yield(): boolean {
    const { rival } = this
    if (rival === undefined) return false
    this.#part()
    rival.unknownPrompts += this.unknownPrompts
    rival.attempts = Math.max(rival.attempts, this.attempts)
    return true
  }

  #part(): void {
    if (this.rival !== undefined) this.rival.rival = undefined
    this.rival = undefined
  }
}
