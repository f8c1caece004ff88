import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'

import type { Runtime } from '../../src/contract/runtime.js'
import { randomFrom } from './random-number.js'
import type { SimulatedTime } from './simulated-time.js'

interface Timer {
  readonly atMs: number
  readonly order: number
  readonly callback: () => void
  isCancelled: boolean
}

/** Turns of the event loop without a request or an end of one after which nothing more is on its way. */
const quietTurns = 5
const mostTurns = 1000
const mostLateMs = 20

/**
 * One time for servers and their clients in the same process. It goes from timer to timer, and only when the network
 * between them is silent: what an answer leads to happens in the instant of the answer, however long this machine takes
 * over it. So a measure does not depend on how busy the machine is, and 300 simulated seconds take as long as the work in
 * them.
 *
 * It is the {@link Runtime} of the clients: their deadlines, pauses and polls are of the same time.
 */
export class LockstepTime implements SimulatedTime, Runtime {
  readonly timeScale: number
  readonly lostMs = 0
  readonly env = process.env
  readonly #seed: number
  readonly #timers: Timer[] = []
  #nowMs = 0
  #order = 0
  #draws = 0
  #activity = 0
  #isStarted = false
  #isPumping = false

  /**
   * @param timeScale - Simulated seconds in a real one at most, so that what other threads do, such as writing a journal,
   * keeps up.
   */
  constructor(timeScale = 50, seed = 0) {
    this.timeScale = timeScale
    this.#seed = seed
  }

  readonly now = (): number => this.#nowMs

  readonly random = (): number => randomFrom(this.#seed, this.#draws++)

  readonly log = (line: string): void => void process.stderr.write(`${line}\n`)

  readonly setTimer = (callback: () => void, delayMs: number): (() => void) => {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback, isCancelled: false }
    this.#insert(timer)
    this.#pump()
    return () => void (timer.isCancelled = true)
  }

  start(): void {
    this.#isStarted = true
    this.#pump()
  }

  note(): void {
    this.#activity++
  }

  /** Nothing that waits will come. */
  stop(): void {
    this.#timers.length = 0
  }

  /** Keeps the heap: each timer is not later than those at twice its place. */
  #insert(timer: Timer): void {
    const timers = this.#timers
    let place = timers.push(timer) - 1
    while (place > 0) {
      const above = (place - 1) >> 1
      const other = timers[above] as Timer
      if (isBefore(other, timer)) break
      timers[place] = other
      place = above
    }
    timers[place] = timer
  }

  #take(): Timer | undefined {
    const timers = this.#timers
    const [first] = timers
    const last = timers.pop()
    if (first === undefined || last === undefined || timers.length === 0) return first
    let place = 0
    for (;;) {
      let below = 2 * place + 1
      if (below >= timers.length) break
      if (below + 1 < timers.length && isBefore(timers[below + 1] as Timer, timers[below] as Timer)) below++
      const other = timers[below] as Timer
      if (isBefore(last, other)) break
      timers[place] = other
      place = below
    }
    timers[place] = last
    return first
  }

  #pump(): void {
    if (this.#isPumping || !this.#isStarted) return
    this.#isPumping = true
    void this.#run()
  }

  async #run(): Promise<void> {
    let realStart = performance.now()
    const start = this.#nowMs
    for (;;) {
      await this.#settle()
      while (this.#timers[0]?.isCancelled === true) this.#take()
      const next = this.#timers[0]
      if (next === undefined) {
        this.#isPumping = false
        return
      }
      const aheadMs = (next.atMs - start) / this.timeScale - (performance.now() - realStart)
      if (aheadMs >= 1) {
        await sleep(aheadMs)
        // What came over the network meanwhile may have set an earlier timer.
        continue
      }
      // What was late is not caught up with, or there would be no limit to the pace for a while.
      if (aheadMs < -mostLateMs) realStart -= aheadMs + mostLateMs
      this.#take()
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.callback()
    }
  }

  /** Lets everything happen that follows from what has happened. */
  async #settle(): Promise<void> {
    let seen = this.#activity
    let quiet = 0
    for (let turn = 0; quiet < quietTurns && turn < mostTurns; turn++) {
      await nextTurn()
      quiet = this.#activity === seen ? quiet + 1 : 0
      seen = this.#activity
    }
  }
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order)
}
