import { describe, expect, it } from 'vitest'

import { type BatchingServer, BatchingModel } from '../../../test/support/batching-model.js'
import { LimitFinder } from './limit-finder.js'

const sizes: Readonly<
  Record<string, Pick<BatchingServer, 'slots' | 'stepMs' | 'stepMsEach' | 'meanTokens' | 'sigma'>>
> = {
  '256 slots, 300 tokens': { slots: 256, stepMs: 12, stepMsEach: 0.15, meanTokens: 300, sigma: 0.8 },
  '64 slots, 800 tokens': { slots: 64, stepMs: 20, stepMsEach: 0.2, meanTokens: 800, sigma: 1.2 },
  '512 slots, 120 tokens': { slots: 512, stepMs: 12, stepMsEach: 0.1, meanTokens: 120, sigma: 0.5 },
  '16 slots, 100 tokens': { slots: 16, stepMs: 20, stepMsEach: 0.3, meanTokens: 100, sigma: 0.6 },
}
const signals = {
  'a queue gauge': { hasGauge: true, streams: false },
  'a queue gauge that is behind': { hasGauge: true, streams: false, gaugeLagMs: 1500 },
  'the time to first token': { hasGauge: false, streams: true },
  'the time to first token, where the server refuses': { hasGauge: false, streams: true, longestQueue: 16 },
} as const

describe.each(Object.entries(signals))('by %s', (_signal, how) => {
  it.each(Object.entries(sizes))('fills a server of %s, also when it becomes smaller and larger', (_size, size) => {
    const model = new BatchingModel({ ...size, ...how })
    const changes = [size.slots, Math.floor(size.slots / 3), size.slots]
    for (const [index, slots] of changes.entries()) {
      model.server.slots = slots
      model.run(180)
      const end = (index + 1) * 180
      expect(model.share(end - 120, end)).toBeGreaterThan(0.95)
      expect(model.medianWaitMs(end - 120, end)).toBeLessThan(1000)
    }
  })
})

describe('where nothing but refusals and answers tell', () => {
  it('comes back after refusals, and goes on growing', () => {
    const size = sizes['512 slots, 120 tokens'] as BatchingServer
    const model = new BatchingModel({ ...size, hasGauge: false, streams: false, longestQueue: 16 }).run(240)
    expect(model.finder.signal).toBe('rejections')
    expect(model.refusals).toBeGreaterThan(1)
    expect(model.share(120)).toBeGreaterThan(0.95)
  })

  it('climbs by goodput, and stays where more brings nothing', () => {
    const size = sizes['64 slots, 800 tokens'] as BatchingServer
    const model = new BatchingModel({ ...size, hasGauge: false, streams: false }).run(900)
    expect(model.finder.signal).toBe('goodput')
    expect(model.share(300)).toBeGreaterThan(0.85)
    expect(model.finder.limit).toBeLessThan(512)
  })
})

describe('a limit that was given', () => {
  it('stays, comes down when the server refuses, and comes back', () => {
    const finder = new LimitFinder({ most: 64, fixed: { limit: 64, signal: 'given' } })
    const observe = (): void =>
      finder.observe({
        elapsedMs: 1000,
        limit: finder.limit,
        inFlight: finder.limit,
        load: undefined,
        unbegun: undefined,
        begun: 0,
        firstTokensMs: [],
        answered: { count: 0, totalMs: 0, afterFirstTokenMs: 0, inputTokens: 0, outputTokens: 0 },
      })
    observe()
    expect([finder.limit, finder.signal, finder.isMoving]).toEqual([64, 'given', false])
    finder.refused(40)
    expect([finder.limit, finder.signal, finder.isMoving]).toEqual([40, 'rejections', true])
    for (let second = 0; second < 120; second++) observe()
    expect([finder.limit, finder.signal, finder.isMoving]).toEqual([64, 'given', false])
  })

  it('never exceeds its cap', () => {
    const model = new BatchingModel(
      { ...(sizes['256 slots, 300 tokens'] as BatchingServer), hasGauge: true, streams: false },
      { most: 50 },
    ).run(60)
    expect(model.finder.limit).toBe(50)
  })
})
