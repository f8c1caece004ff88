import { describe, expect, it } from 'vitest'

import { parseRetryAfter } from './retry-after.js'

const now = Date.UTC(2026, 10, 22, 12, 0, 0)

describe('parseRetryAfter', () => {
  it.each([
    ['30', 30_000],
    ['0', 0],
    ['0.5', 500],
    [' 2 ', 2000],
    ['Sun, 22 Nov 2026 12:00:30 GMT', 30_000],
    ['Sunday, 22-Nov-26 12:00:30 GMT', 30_000],
    ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
    ['-5', undefined],
    ['1e3', undefined],
    ['5 s', undefined],
    ['soon', undefined],
    ['', undefined],
    ['2026-11-22', undefined],
    ['Sun, 99 Nov 2026', undefined],
  ])('reads %j as %s', (value, milliseconds) => {
    expect(parseRetryAfter(value, now)).toBe(milliseconds)
  })

  it('reads the first of several, and none', () => {
    expect(parseRetryAfter(['3', '4'], now)).toBe(3000)
    expect(parseRetryAfter([], now)).toBeUndefined()
    expect(parseRetryAfter(undefined, now)).toBeUndefined()
  })
})
