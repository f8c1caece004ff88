import type { LimitController, Observation } from './limit-controller.js'

/** Seconds after which the limit is back where the server refused. */
const backAfter = 20
/** How far below that it begins. */
const cut = 0.2

/**
 * Follows a server that refuses what is too much, as TCP CUBIC follows a network (RFC 9438): back up fast, slowly where it
 * was refused before, and ever faster beyond.
 */
export class RejectionController implements LimitController {
  readonly signal = 'rejections'
  #refusedAt: number
  #seconds = 0

  /** `accepted`: what the server took when it refused the rest. */
  constructor(accepted: number) {
    this.#refusedAt = accepted
  }

  next({ limit, inFlight, elapsedMs }: Observation): number {
    // Where there are no rows to ask nothing is learned.
    if (inFlight < 0.8 * limit) return limit
    this.#seconds += elapsedMs / 1000
    const distance = (this.#seconds - backAfter) / backAfter
    const next = this.#refusedAt * (1 + cut * distance ** 3)
    // So that a limit of one comes off the ground.
    return Math.max(limit, Math.round(next), distance > 0 ? Math.floor(this.#refusedAt + distance) : 1)
  }

  refused(accepted: number): void {
    this.#refusedAt = accepted
    this.#seconds = 0
  }
}
