import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { deriveSeed } from './derive-seed.js'

describe('deriveSeed', () => {
  it('is the seed itself for the first sample, and the same for ever', () => {
    expect(deriveSeed(7, 0)).toBe(7)
    // A run that is continued by another version must draw the same samples.
    expect([1, 2, 3].map((sample) => deriveSeed(7, sample))).toEqual([1_991_752_684, 755_299_516, 1_679_835_275])
  })

  it('is a whole number from 0 to 2^31 - 1', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 31 - 1 }), fc.nat({ max: 100_000 }), (seed, sample) => {
        const derived = deriveSeed(seed, sample)
        expect(Number.isInteger(derived) && derived >= 0 && derived < 2 ** 31).toBe(true)
      }),
      { seed: 7 },
    )
  })

  it('differs between samples and between neighbouring seeds', () => {
    const seen = new Set<number>()
    for (let seed = 0; seed < 100; seed++)
      for (let sample = 0; sample < 100; sample++) seen.add(deriveSeed(seed, sample))
    // Of ten thousand draws of two thousand million hardly any two meet.
    expect(seen.size).toBeGreaterThan(9990)
  })
})
