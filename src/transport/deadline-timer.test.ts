import { describe, expect, it } from 'vitest'

import { ManualRuntime } from '../../test/support/manual-runtime.js'
import { type Deadline, DeadlineTimer } from './deadline-timer.js'

/** A deadline that writes down when it passed. */
function createDeadline(runtime: ManualRuntime, at: number, passed: number[]): Deadline {
  return { at, touched: false, extendMs: Infinity, latest: Infinity, onPassed: () => passed.push(runtime.now()) }
}

describe('DeadlineTimer', () => {
  it('lets a deadline pass a quarter of a second late at most, never early', () => {
    const runtime = new ManualRuntime()
    const timer = new DeadlineTimer(runtime)
    const passed: number[] = []
    for (const at of [3, 100, 240, 251, 1000, 5000]) timer.add(createDeadline(runtime, at, passed))
    runtime.advance(10_000)
    expect(passed).toHaveLength(6)
    for (const [index, at] of [3, 100, 240, 251, 1000, 5000].entries()) {
      expect(passed[index]).toBeGreaterThanOrEqual(at)
      expect(passed[index]).toBeLessThanOrEqual(at + 250)
    }
  })

  it('moves a deadline that was touched, up to the latest', () => {
    const runtime = new ManualRuntime()
    const timer = new DeadlineTimer(runtime)
    const passed: number[] = []
    const deadline = { ...createDeadline(runtime, 1000, passed), extendMs: 1000, latest: 3000 }
    timer.add(deadline)
    for (let time = 0; time < 10; time++) {
      deadline.touched = true
      runtime.advance(500)
    }
    expect(passed).toHaveLength(1)
    expect(passed[0]).toBeGreaterThanOrEqual(3000)
    expect(passed[0]).toBeLessThanOrEqual(3250)
  })

  it('forgets what is removed, and sleeps when there is nothing', () => {
    const runtime = new ManualRuntime()
    const timer = new DeadlineTimer(runtime)
    const passed: number[] = []
    const deadline = createDeadline(runtime, 100, passed)
    timer.add(deadline)
    timer.add(deadline)
    timer.remove(deadline)
    timer.remove(deadline)
    runtime.advance(1000)
    expect(passed).toEqual([])
    expect(runtime.pendingTimers).toBe(0)
    timer.add(createDeadline(runtime, 2000, passed))
    runtime.advance(1500)
    expect(passed).toHaveLength(1)
  })

  it('looks sooner for a deadline that is sooner', () => {
    const runtime = new ManualRuntime()
    const timer = new DeadlineTimer(runtime)
    const passed: number[] = []
    timer.add(createDeadline(runtime, 10_000, passed))
    runtime.advance(1)
    timer.add(createDeadline(runtime, 20, passed))
    runtime.advance(60)
    expect(passed).toHaveLength(1)
  })

  it('takes a new deadline from one that passes', () => {
    const runtime = new ManualRuntime()
    const timer = new DeadlineTimer(runtime)
    const passed: number[] = []
    const first = createDeadline(runtime, 100, passed)
    timer.add({ ...first, onPassed: () => timer.add(createDeadline(runtime, runtime.now() + 100, passed)) })
    timer.add(createDeadline(runtime, 300, passed))
    runtime.advance(2000)
    expect(passed).toHaveLength(2)
    expect(runtime.pendingTimers).toBe(0)
  })
})
