import { describe, expect, it } from 'vitest'

import { type SequenceClaim, SequencePool } from './sequence-pool.js'

class Claim implements SequenceClaim<string> {
  sequence: string | undefined
  readonly #wish: string | undefined

  constructor(wish?: string) {
    this.#wish = wish
  }

  choose(free: readonly string[]): string | undefined {
    return free.find((sequence) => sequence === this.#wish)
  }

  granted(sequence: string): void {
    this.sequence = sequence
  }
}

describe('SequencePool', () => {
  it('grants what is free, and the rest in the order of arrival', () => {
    const pool = new SequencePool(['one', 'two'])
    const claims = Array.from({ length: 4 }, () => new Claim())
    for (const claim of claims) pool.claim(claim)
    expect(claims.map(({ sequence }) => sequence)).toEqual([undefined, undefined, undefined, undefined])
    pool.grant()
    expect(claims.map(({ sequence }) => sequence)).toEqual(['one', 'two', undefined, undefined])
    pool.release('two')
    pool.release('one')
    pool.grant()
    expect(claims.map(({ sequence }) => sequence)).toEqual(['one', 'two', 'two', 'one'])
  })

  it('lets a claim choose among the free ones', () => {
    const pool = new SequencePool(['one', 'two', 'three'])
    const [second, first] = [new Claim('two'), new Claim('two')]
    pool.claim(second)
    pool.claim(first)
    pool.grant()
    expect([second.sequence, first.sequence]).toEqual(['two', 'one'])
  })

  it('forgets a claim that is withdrawn, and knows one that was granted', () => {
    const pool = new SequencePool(['one'])
    const claims = Array.from({ length: 3 }, () => new Claim()) as [Claim, Claim, Claim]
    for (const claim of claims) pool.claim(claim)
    pool.grant()
    expect(claims.slice(0, 2).map((claim) => pool.withdraw(claim))).toEqual([false, true])
    pool.release('one')
    pool.grant()
    expect(claims.map(({ sequence }) => sequence)).toEqual(['one', undefined, 'one'])
  })
})
