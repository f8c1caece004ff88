import { describe, expect, it } from 'vitest'

import { formatDate, formatTimeOfDay, formatTimestamp, parseDate, parseTimestamp } from './iso-time.js'

describe('times', () => {
  it.each([
    [0n, 'MILLIS', true, '1970-01-01T00:00:00Z'],
    [-1n, 'MICROS', false, '1969-12-31T23:59:59.999999'],
    [1_700_000_000_123_456_789n, 'NANOS', true, '2023-11-14T22:13:20.123456789Z'],
    [1_700_000_000_500n, 'MILLIS', false, '2023-11-14T22:13:20.5'],
    [-62_135_596_800_000n, 'MILLIS', true, '0001-01-01T00:00:00Z'],
    [9_223_372_036_854_775_807n, 'MILLIS', true, '9223372036854775807'],
  ] as const)('%s %s become text and come back', (ticks, unit, isUTC, text) => {
    expect(formatTimestamp(ticks, unit, isUTC)).toBe(text)
    expect(parseTimestamp(text, unit)).toBe(ticks)
  })

  it('finer than their unit, or no times, are not read', () => {
    expect(parseTimestamp('2023-11-14T22:13:20.1234', 'MILLIS')).toBeUndefined()
    expect(parseTimestamp('yesterday', 'MILLIS')).toBeUndefined()
    expect(parseDate('2026-13-01')).toBeUndefined()
  })

  it('of day and dates', () => {
    expect(formatTimeOfDay(3_723_250n, 'MILLIS')).toBe('01:02:03.25')
    expect(formatDate(-1)).toBe('1969-12-31')
    expect(parseDate('1969-12-31')).toBe(-1)
  })
})
