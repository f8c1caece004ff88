import { describe, expect, it, onTestFinished } from 'vitest'

import { generateDataset, type GenerateDatasetOptions, InferenceEndpointsLLM, type RunSummary } from 'headrace'

import { LockstepTime } from '../../bench/simulated-server/lockstep-time.js'
import type { SimulatedServerOptions } from '../../bench/simulated-server/server-options.js'
import { SimulatedServer } from '../../bench/simulated-server/simulated-server.js'
import { prompts, scratch } from './support.js'

const small: SimulatedServerOptions = { maxNumSeqs: 12, meanTokens: 40, sigma: 0.5 }

/** A run on simulated servers, in their time. */
async function runOn(
  servers: readonly SimulatedServerOptions[],
  rows: number,
  options: Partial<GenerateDatasetOptions> = {},
): Promise<{ readonly summary: RunSummary; readonly servers: readonly SimulatedServer[] }> {
  const path = await scratch()
  const time = new LockstepTime()
  const started = await Promise.all(servers.map((each) => SimulatedServer.start({ ...small, ...each }, time)))
  onTestFinished(async () => {
    await Promise.all(started.map((server) => server.close()))
    time.stop()
  })
  const llm = started.map(({ url }) => new InferenceEndpointsLLM({ baseUrl: url }, { runtime: time }))
  const summary = await generateDataset(
    { llm, source: prompts(rows), folder: path('run'), hedge: false, options: { maxTokens: 500 }, ...options },
    { runtime: time },
  )
  await Promise.all(llm.map((each) => each.unload()))
  return { summary, servers: started }
}

describe('without a setting', () => {
  it.each([
    ['by the queue gauge', true, 'queue gauge'],
    ['by the time to first token, where there is no gauge', false, 'time to first token'],
  ] as const)('a server is filled %s', async (_how, hasMetrics, signal) => {
    const { summary, servers } = await runOn([{ hasMetrics }], 300)
    const report = (servers[0] as SimulatedServer).report()
    expect(summary).toMatchObject({ counts: { ok: 300 }, endpoints: [{ signal }] })
    expect(summary.endpoints[0]?.limit).toBeGreaterThanOrEqual(12)
    expect(summary.endpoints[0]?.limit).toBeLessThan(24)
    expect(report.totals).toMatchObject({ finished: 300, rejected: 0 })
    expect(summary.tokens.input + summary.tokens.output).toBe(
      report.totals.promptTokens + report.totals.generatedTokens,
    )
  })

  it('a server that refuses fails no row', async () => {
    const { summary, servers } = await runOn([{ hasMetrics: false, maxQueued: 2 }], 200)
    expect(summary).toMatchObject({ counts: { ok: 200, failed: 0 } })
    expect((servers[0] as SimulatedServer).report().totals.rejected).toBeLessThan(200)
  })

  it('a cap holds', async () => {
    const { summary, servers } = await runOn([{}], 100, { maxConcurrency: 5 })
    expect(summary.endpoints).toMatchObject([{ limit: 5, signal: 'queue gauge' }])
    expect((servers[0] as SimulatedServer).report().totals.finished).toBe(100)
  })
})

describe('a number', () => {
  it('holds, and no one asks for the gauge', async () => {
    const { summary } = await runOn([{}], 100, { concurrency: 3 })
    expect(summary.endpoints).toMatchObject([{ limit: 3, signal: 'given' }])
  })
})

describe('endpoints of unequal speed', () => {
  it('take rows by their speed; one that goes away loses none', async () => {
    const { summary } = await runOn(
      [
        { changes: [{ atMs: 0, speed: 1 }] },
        {
          changes: [
            { atMs: 0, speed: 4 },
            { atMs: 2000, state: 'gone' },
            { atMs: 4000, state: 'up' },
          ],
        },
      ],
      400,
    )
    expect(summary).toMatchObject({ counts: { ok: 400, failed: 0 } })
    const [slow, fast] = summary.endpoints
    expect(fast?.answers).toBeGreaterThan(slow?.answers ?? 0)
  })
})
