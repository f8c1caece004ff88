import { describe, expect, it } from 'vitest'

import { EvaluationRounds, type RoundMember } from './evaluation-rounds.js'

/** Takes a number of steps, and writes down when. */
class Member implements RoundMember {
  isPaused = false
  isClosed = false
  readonly isSolitary: boolean
  readonly #name: string
  readonly #log: string[]
  #left: number

  constructor(name: string, steps: number, log: string[], isSolitary = false) {
    this.#name = name
    this.#left = steps
    this.#log = log
    this.isSolitary = isSolitary
  }

  get isReady(): boolean {
    return !this.isPaused && this.#left > 0
  }

  get isEnded(): boolean {
    return this.#left === 0
  }

  async step(): Promise<void> {
    this.#log.push(`${this.#name}(`)
    await Promise.resolve()
    this.#log.push(`)${this.#name}`)
    this.#left--
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.#log.push(`${this.#name}.`)
  }
}

describe('EvaluationRounds', () => {
  it('steps all members together, and the next round after all of them', async () => {
    const log: string[] = []
    const rounds = new EvaluationRounds()
    rounds.add(new Member('a', 2, log))
    rounds.add(new Member('b', 1, log))
    expect(log).toEqual([])
    await rounds.empty()
    expect(log.join(' ')).toBe('a( b( )a )b b. a( )a a.')
  })

  it('steps solitary members apart from all others', async () => {
    const log: string[] = []
    const rounds = new EvaluationRounds()
    rounds.add(new Member('s', 1, log, true))
    rounds.add(new Member('a', 1, log))
    rounds.add(new Member('t', 1, log, true))
    await rounds.empty()
    expect(log.join(' ')).toBe('a( )a s( )s t( )t s. a. t.')
  })

  it('passes over a paused member until it is woken', async () => {
    const log: string[] = []
    const rounds = new EvaluationRounds()
    const paused = new Member('p', 1, log)
    paused.isPaused = true
    rounds.add(paused)
    rounds.add(new Member('a', 1, log))
    await new Promise((resolve) => setImmediate(resolve))
    expect(log.join(' ')).toBe('a( )a a.')
    paused.isPaused = false
    rounds.wake()
    await rounds.empty()
    expect(paused.isClosed).toBe(true)
  })

  it('is empty at once when nothing was added', async () => {
    await expect(new EvaluationRounds().empty()).resolves.toBeUndefined()
  })
})
