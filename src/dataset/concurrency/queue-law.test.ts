import { describe, expect, it } from 'vitest'

import { QueueLaw, targetOf } from './queue-law.js'

const full = (limit: number, waiting: number, inFlight = limit): Parameters<QueueLaw['next']>[0] => ({
  limit,
  inFlight,
  waiting,
  target: 4,
})

describe('QueueLaw', () => {
  it('doubles until there is a queue, and takes off what was too much', () => {
    const law = new QueueLaw()
    expect(law.next(full(8, 0))).toBe(16)
    expect(law.next(full(16, 0))).toBe(32)
    // New requests wait for a moment: that is no queue yet.
    expect(law.next(full(32, 10))).toBe(32)
    expect(law.next(full(32, 10))).toBe(32)
    expect(law.next(full(32, 10))).toBe(26)
  })

  it('does not take off again what is ending anyway', () => {
    const law = new QueueLaw()
    expect(law.next(full(100, 64))).toBe(40)
    expect(law.next(full(40, 64, 100))).toBe(40)
    expect(law.next(full(40, 24, 60))).toBe(40)
    expect(law.next(full(40, 4, 40))).toBe(40)
  })

  it('takes off more at once when the queue has become much longer meanwhile', () => {
    const law = new QueueLaw()
    expect(law.next(full(100, 14))).toBe(90)
    expect(law.next(full(90, 60, 100))).toBe(44)
  })

  it('learns nothing while there are too few rows', () => {
    expect(new QueueLaw().next(full(100, 0, 10))).toBe(100)
  })

  it('grows ever faster while nobody waits', () => {
    const law = new QueueLaw()
    let limit = law.next(full(100, 14))
    const limits = Array.from({ length: 16 }, () => (limit = law.next(full(limit, 0))))
    const steps = limits
      .filter((each, index) => each !== limits[index - 1])
      .map((each, index, all) => each / (all[index - 1] ?? 90))
    expect(steps).toEqual(steps.toSorted((one, other) => one - other))
    expect(limit).toBeGreaterThan(300)
  })

  it('wants so many to wait that they wait for less than half a second', () => {
    expect(targetOf(20, 1000)).toBe(8)
    expect(targetOf(1, 1000)).toBe(1)
    expect(targetOf(1000, 100)).toBe(4)
    expect(targetOf(undefined, 10)).toBe(2)
  })
})
