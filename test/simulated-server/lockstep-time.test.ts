import { request } from 'undici'
import { describe, expect, it, onTestFinished } from 'vitest'

import { LockstepTime } from '../../bench/simulated-server/lockstep-time.js'
import { SimulatedServer } from '../../bench/simulated-server/simulated-server.js'

describe('LockstepTime', () => {
  it('calls timers in their order, at their time, and none before it begins', async () => {
    const time = new LockstepTime(1000)
    const seen: string[] = []
    const note = (name: string) => (): void => void seen.push(`${name} at ${time.now()}`)
    time.setTimer(note('third'), 700)
    time.setTimer(note('first'), 100)
    const cancel = time.setTimer(note('never'), 300)
    const ended = new Promise<void>((resolve) => {
      time.setTimer(() => {
        note('second')()
        time.setTimer(note('fourth'), 500)
        time.setTimer(resolve, 600)
      }, 500)
    })
    cancel()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(seen).toEqual([])
    time.start()
    await ended
    expect(seen).toEqual(['first at 100', 'second at 500', 'third at 700', 'fourth at 1000'])
  })

  it('lets an answer and the next request happen in the same instant, so that a run can be repeated', async () => {
    const run = async () => {
      const time = new LockstepTime(1000)
      const options = { stepMs: 10, stepMsPerSequence: 1, stepMsPerPromptToken: 0.1, meanTokens: 30, maxNumSeqs: 4 }
      const server = await SimulatedServer.start(options, time)
      onTestFinished(() => server.close())
      const instants: number[] = []
      const ask = async (client: number): Promise<void> => {
        for (let row = 0; row < 6; row++) {
          const { body } = await request(`${server.url}/v1/completions`, {
            method: 'POST',
            body: JSON.stringify({ prompt: `${client}: ${row}`, max_tokens: 500 }),
          })
          await body.json()
          instants.push(time.now())
        }
      }
      await Promise.all([0, 1, 2, 3].map(ask))
      const { totals, nowMs, span } = server.report()
      return { totals, nowMs, last: Math.max(...instants), wait: span.medianQueueWaitMs }
    }
    const [first, second] = [await run(), await run()]
    expect(first.totals.finished).toBe(24)
    expect(first.last).toBe(first.nowMs)
    // Each client has a place, and waits for the end of the step that began when its answer ended.
    expect(first.wait).toBeLessThan(15)
    expect(second.totals).toEqual(first.totals)
    expect(Math.abs(second.nowMs / first.nowMs - 1)).toBeLessThan(0.1)
  })
})
