import { describe, expect, it } from 'vitest'

import { bestTokensPerSecond, type Workload } from '../../bench/simulated-server/best-rate.js'
import { Answers } from '../../bench/simulated-server/answers.js'
import type { EngineOptions } from '../../bench/simulated-server/engine-options.js'
import type { Sequence } from '../../bench/simulated-server/sequence.js'
import { SimulatedEngine } from '../../bench/simulated-server/simulated-engine.js'

interface Harness {
  readonly engine: SimulatedEngine
  readonly finished: Sequence[]
  readonly started: Sequence[]
  readonly counts: { steps: number; generated: number; prompt: number; preempted: number }
  onFinish: () => void
}

function harness(options: EngineOptions = {}): Harness {
  const counts = { steps: 0, generated: 0, prompt: 0, preempted: 0 }
  const finished: Sequence[] = []
  const started: Sequence[] = []
  const made: Harness = {
    finished,
    started,
    counts,
    onFinish: () => undefined,
    engine: new SimulatedEngine(options, {
      onStart: (sequence) => void started.push(sequence),
      onPreempt: () => void counts.preempted++,
      onFirstToken: () => undefined,
      onFinish: (sequence) => {
        finished.push(sequence)
        made.onFinish()
      },
      onStep: ({ generatedTokens, promptTokens }) => {
        counts.steps++
        counts.generated += generatedTokens
        counts.prompt += promptTokens
      },
    }),
  }
  return made
}

const plain = { stepMs: 10, stepMsPerSequence: 1, stepMsPerPromptToken: 0.5 }

/** Keeps so many requests in the engine for two minutes, and looks at the second. */
function saturate(options: EngineOptions & { readonly meanTokens: number; readonly sigma: number }, inFlight: number) {
  const answers = new Answers(options)
  const workload: Workload = { requests: 0, promptTokens: 0, outputTokens: 0, squares: 0 }
  const server = harness(options)
  const submit = (): void => {
    const promptTokens = 60 + (workload.requests % 80)
    const outputTokens = answers.draw(`row ${workload.requests}`, 0).tokens
    workload.requests++
    workload.promptTokens += promptTokens
    workload.outputTokens += outputTokens
    workload.squares += outputTokens ** 2
    server.engine.submit({ promptTokens, outputTokens })
  }
  server.onFinish = submit
  for (let count = 0; count < inFlight; count++) submit()
  server.engine.advance(60_000)
  const before = server.counts.generated
  server.engine.advance(120_000)
  const rate = (server.counts.generated - before) / 60
  const { physics, capacity } = server.engine
  return { share: rate / bestTokensPerSecond(physics, capacity, workload), preempted: server.counts.preempted }
}

describe('SimulatedEngine', () => {
  it('reads a prompt in one step and gives a token with it, then one a step', () => {
    const { engine, finished } = harness(plain)
    const sequence = engine.submit({ promptTokens: 8, outputTokens: 3 })
    engine.advance(13.9)
    expect(sequence.generated).toBe(0)
    engine.advance(14)
    expect(sequence).toMatchObject({ generated: 1, firstTokenAtMs: 14 })
    engine.advance(35.9)
    expect(sequence.generated).toBe(2)
    engine.advance(36)
    expect(finished).toEqual([sequence])
    expect(engine.nextEventMs).toBeUndefined()
  })

  it('takes as long for a step as there are requests in it', () => {
    const { engine, counts } = harness({ ...plain, stepMsPerPromptToken: 0 })
    for (let count = 0; count < 10; count++) engine.submit({ promptTokens: 1, outputTokens: 1000 })
    engine.advance(10)
    // The first request began alone, before the others came.
    expect(counts).toMatchObject({ steps: 1, generated: 1 })
    engine.advance(10 + 11)
    expect(counts).toMatchObject({ steps: 2, generated: 11 })
    engine.advance(10 + 11 + 20 * 5)
    expect(counts).toMatchObject({ steps: 7, generated: 61 })
  })

  it('lets requests in by their order when places become free, between steps', () => {
    const { engine, started, finished } = harness({ ...plain, maxNumSeqs: 2 })
    const sequences = [5, 2, 2, 2].map((outputTokens) => engine.submit({ promptTokens: 2, outputTokens }))
    engine.advance(1000)
    expect(started).toEqual(sequences)
    expect(finished.map((sequence) => sequences.indexOf(sequence))).toEqual([1, 0, 2, 3])
    const [, second, third] = sequences
    expect(third?.startedAtMs).toBeGreaterThan(second?.startedAtMs ?? Infinity)
  })

  it('reads a long prompt in several steps', () => {
    const { engine } = harness({ ...plain, maxNumBatchedTokens: 100 })
    const sequence = engine.submit({ promptTokens: 250, outputTokens: 1 })
    engine.advance(60 + 60 + 34.9)
    expect(sequence.generated).toBe(0)
    engine.advance(60 + 60 + 35)
    expect(sequence.state).toBe('finished')
  })

  it('preempts the newest request when the cache runs out, and reads it again later', () => {
    const { engine, counts, finished } = harness({ ...plain, kvCacheTokens: 128 })
    const [old, young] = [60, 60].map((outputTokens) => engine.submit({ promptTokens: 30, outputTokens }))
    engine.advance(600)
    expect(counts.preempted).toBe(1)
    expect(young?.state).toBe('waiting')
    expect(engine).toMatchObject({ running: 1, waiting: 1 })
    engine.advance(10_000)
    expect(finished).toEqual([old, young])
    // Read again is not counted again.
    expect(counts).toMatchObject({ generated: 120, prompt: 60 })
    expect(engine.cacheUsage).toBe(0)
  })

  it('lets a request that is alone outgrow the cache', () => {
    const { engine, finished } = harness({ ...plain, kvCacheTokens: 16 })
    engine.submit({ promptTokens: 30, outputTokens: 50 })
    engine.advance(10_000)
    expect(finished).toHaveLength(1)
  })

  it('frees at once what an aborted request holds', () => {
    const { engine, finished } = harness({ ...plain, maxNumSeqs: 1 })
    const [first, second, third] = [0, 1, 2].map(() => engine.submit({ promptTokens: 2, outputTokens: 100 }))
    engine.advance(50)
    for (const sequence of [first, second]) engine.abort(sequence as Sequence)
    expect(engine).toMatchObject({ running: 0, waiting: 1, cacheUsage: 0 })
    engine.advance(10_000)
    expect(finished).toEqual([third])
  })

  it('has fewer places and fewer blocks when its capacity is cut, and preempts what has none', () => {
    const { engine, counts, finished } = harness({ ...plain, maxNumSeqs: 9 })
    for (let count = 0; count < 9; count++) engine.submit({ promptTokens: 2, outputTokens: 40 })
    engine.advance(100)
    engine.change({ capacity: 1 / 3 })
    engine.advance(200)
    expect(engine).toMatchObject({ slots: 3, running: 3, waiting: 6 })
    expect(counts.preempted).toBe(6)
    engine.change({ capacity: 3 })
    engine.advance(300)
    expect(engine).toMatchObject({ slots: 27, running: 9, waiting: 0 })
    engine.advance(10_000)
    expect(finished).toHaveLength(9)
    expect(counts.generated).toBe(360)
  })

  it('is so many times as fast, and stands still at 0', () => {
    const { engine, counts } = harness({ ...plain, stepMsPerPromptToken: 0 })
    engine.change({ speed: 4 })
    engine.submit({ promptTokens: 1, outputTokens: 1000 })
    engine.advance(2.5 + 10 * 2.75)
    expect(counts.steps).toBe(11)
    engine.change({ speed: 0 })
    engine.advance(1000)
    expect(counts.steps).toBe(12)
    engine.change({ speed: 1 })
    engine.advance(1011)
    expect(counts.steps).toBe(13)
  })

  it('makes stragglers of a share of the requests', () => {
    const { engine, finished } = harness({ ...plain, stragglers: { share: 0.1, factor: 5 } })
    for (let count = 0; count < 200; count++) engine.submit({ promptTokens: 1, outputTokens: 20 })
    engine.advance(1e6)
    const slow = finished.filter(({ stepsPerToken }) => stepsPerToken === 5)
    expect(finished).toHaveLength(200)
    expect(slow.length).toBeGreaterThan(8)
    expect(slow.length).toBeLessThan(35)
    expect(finished.slice(-slow.length)).toEqual(slow)
  })

  it('loses everything in a crash', () => {
    const { engine, finished } = harness({ ...plain, maxNumSeqs: 1 })
    for (let count = 0; count < 3; count++) engine.submit({ promptTokens: 1, outputTokens: 20 })
    engine.advance(50)
    engine.crash()
    expect(engine).toMatchObject({ running: 0, waiting: 0, cacheUsage: 0, nextEventMs: undefined })
    engine.submit({ promptTokens: 1, outputTokens: 2 })
    engine.advance(200)
    expect(finished).toHaveLength(1)
  })
})

describe('bestTokensPerSecond', () => {
  it.each([
    ['256 places, 300 tokens', { maxNumSeqs: 256, meanTokens: 300, sigma: 0.8 }],
    ['64 places, 800 tokens', { maxNumSeqs: 64, meanTokens: 800, sigma: 1.2 }],
    ['512 places, 120 tokens', { maxNumSeqs: 512, meanTokens: 120, sigma: 0.5 }],
  ])('is what a queue that never ends gets: %s', (_, options) => {
    const { share, preempted } = saturate(options, 2 * options.maxNumSeqs)
    expect(share).toBeGreaterThan(0.97)
    expect(share).toBeLessThan(1.03)
    expect(preempted).toBe(0)
  })

  it('is more than a short cache allows, but by little', () => {
    const { share, preempted } = saturate({ maxNumSeqs: 256, meanTokens: 300, sigma: 0.8, kvCacheTokens: 40_000 }, 400)
    expect(preempted).toBeGreaterThan(0)
    expect(share).toBeGreaterThan(0.85)
    expect(share).toBeLessThan(1.03)
  })

  it.each([
    [4, 0.03],
    [32, 0.24],
    [100, 0.58],
  ])('gives %i at once the share that the engines of the field get', (inFlight, expected) => {
    const { share } = saturate({ meanTokens: 300, sigma: 0.8 }, inFlight)
    expect(Math.abs(share - expected)).toBeLessThan(0.04)
  })
})
