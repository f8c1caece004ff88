/**
 * A wire that cuts, resets, holds, corrupts and throttles, before every back end. `HEADRACE_LONG=1` cuts and corrupts every answer
 * at every byte, the ordinary form at some of them.
 */
import { describe, expect, it } from 'vitest'

import { generateDataset } from 'headrace'

import { type CallOptions, HeadraceError } from '../../src/index.js'
import type { Route } from '../../src/contract/capabilities.js'
import type { Runtime } from '../../src/contract/runtime.js'
import type { LLM } from '../../src/llm/llm.js'
import { systemRuntime } from '../../src/transport/system-runtime.js'
import { scratch } from '../dataset/support.js'
import { ManualRuntime } from '../support/manual-runtime.js'
import { FaultProxy, type NetworkFault } from '../support/fault-proxy.js'
import { ask } from './ask.js'
import type { BackEnd, Opened } from './back-end.js'
import { backEnds } from './table.js'

const isLong = process.env['HEADRACE_LONG'] === '1'
const text = 'One two three four'
const wireModes = ['json', 'stream'] as const
/** What a call on a broken wire may fail with. */
const networkCodes = ['CONNECTION_FAILED', 'STREAM_TRUNCATED', 'MALFORMED_RESPONSE']

/** Pauses between attempts are short. */
const runtime: Runtime = {
  ...systemRuntime,
  env: {},
  log: () => undefined,
  setTimer: (callback, delayMs) => systemRuntime.setTimer(callback, delayMs <= 2000 ? delayMs / 100 : delayMs),
}

/** A loaded model behind a proxy; what loading takes has passed. */
async function openBehind(backEnd: BackEnd, time: Runtime = runtime): Promise<Opened & { readonly proxy: FaultProxy }> {
  const proxy = await FaultProxy.start()
  const opened = await backEnd.open({ through: proxy, runtime: time })
  await opened.llm.load()
  return { ...opened, proxy }
}

/** Places of an answer of this length: all of them, or some that are spread over it, its ends among them. */
function places(length: number): readonly number[] {
  const count = isLong ? length : Math.min(length, 7)
  return Array.from({ length: count }, (_, index) => Math.round((index * (length - 1)) / Math.max(1, count - 1)))
}

async function outcome(call: Promise<{ readonly text: string }>): Promise<string | HeadraceError> {
  try {
    return (await call).text
  } catch (error) {
    if (error instanceof HeadraceError) return error
    throw error
  }
}

/** Every byte of an answer takes minutes. */
const timeout = isLong ? 1_200_000 : 20_000

describe.each(backEnds.map((backEnd) => [backEnd.name, backEnd] as const))('%s', { timeout }, (_name, backEnd) => {
  const routes: readonly Route[] = backEnd.paths.completion === undefined ? ['chat'] : ['chat', 'completion']
  const ways = routes.flatMap((route) => wireModes.map((wireMode) => [route, wireMode] as const))

  /** An answer without faults: how many bytes it is. */
  async function lengthOf(llm: LLM, proxy: FaultProxy, route: Route, options: CallOptions): Promise<number> {
    proxy.order(undefined)
    expect((await ask(llm, route, options)).text).toBe(text)
    return proxy.passed
  }

  it.each(ways)(
    'a cut is a typed error with the beginning of the text, or no harm (%s, %s)',
    async (route, wireMode) => {
      const { llm, proxy } = await openBehind(backEnd)
      const options = { wireMode }
      const once = llm.with({ maxRetries: 0 })
      const length = await lengthOf(once, proxy, route, options)
      for (const after of places(length)) {
        for (const how of ['end', 'reset'] as const) {
          proxy.order({ kind: 'cut', after, how })
          const ended = await outcome(ask(once, route, options))
          if (typeof ended === 'string') {
            expect([after, ended]).toEqual([after, text])
            continue
          }
          expect(networkCodes).toContain(ended.code)
          expect(text.startsWith(ended.partial?.text ?? '')).toBe(true)
          proxy.order(undefined)
        }
      }
    },
  )

  it.each(ways)('a cut is asked again unless a token had arrived (%s, %s)', async (route, wireMode) => {
    const { llm, proxy } = await openBehind(backEnd)
    const options = { wireMode }
    const length = await lengthOf(llm, proxy, route, options)
    for (const after of places(length)) {
      proxy.order({ kind: 'cut', after, how: 'reset' })
      const ended = await outcome(ask(llm, route, options))
      if (typeof ended === 'string') expect(ended).toBe(text)
      else expect([wireMode, ended.code, ended.partial?.text]).toEqual(['stream', 'STREAM_TRUNCATED', startOf(ended)])
    }
  })

  it.each(ways)('silence ends by a deadline (%s, %s)', async (route, wireMode) => {
    const clock = new ManualRuntime()
    const { llm, proxy } = await openBehind(backEnd, clock)
    const options: CallOptions = { timeouts: { idleMs: 3000, firstTokenMs: 3000, totalMs: 6000 }, wireMode }
    const once = llm.with({ maxRetries: 0 })
    const length = await lengthOf(once, proxy, route, options)
    for (const after of [0, Math.floor(length / 2)]) {
      const isHeld = proxy.hold(after)
      const ended = outcome(ask(once, route, options))
      await isHeld
      clock.advance(7000)
      expect(await ended).toMatchObject({ code: 'TIMEOUT' })
      proxy.order(undefined)
    }
  })

  it.each(ways)('a wrong byte does no more than one wrong answer (%s, %s)', async (route, wireMode) => {
    const { llm, proxy } = await openBehind(backEnd)
    // A length that became a greater one is waited for.
    const options: CallOptions = { wireMode, timeouts: { idleMs: 250, firstTokenMs: 250, totalMs: 250 } }
    const once = llm.with({ maxRetries: 0 })
    const length = await lengthOf(once, proxy, route, { wireMode })
    for (const at of places(length)) {
      for (const mask of isLong ? [1, 32, 128] : [1, 128]) {
        proxy.order({ kind: 'corrupt', at, mask })
        // A letter of the answer that became another one can be seen by nobody: all else is a typed error.
        await outcome(ask(once, route, options))
        proxy.order(undefined)
      }
    }
    expect((await ask(once, route, { wireMode })).text).toBe(text)
  })

  it.each(ways)('bytes that come one by one are the same answer (%s, %s)', async (route, wireMode) => {
    const { llm, proxy } = await openBehind(backEnd)
    proxy.order({ kind: 'throttle', pieces: 1 })
    expect((await ask(llm, route, { wireMode })).text).toBe(text)
  })

  it('a connection that is refused is opened again', async () => {
    const { llm, proxy } = await openBehind(backEnd)
    const opened = proxy.connections
    proxy.refuses = (connection) => connection === opened
    proxy.reset()
    // Each connection that was open may cost an attempt too, where its end is not known yet.
    expect((await ask(llm.with({ maxRetries: opened + 1 }), 'chat')).text).toBe(text)
    expect(proxy.connections).toBeGreaterThan(opened + 1)
  })

  it('a dataset comes out whole over a wire that breaks all the time', async () => {
    const { llm, proxy } = await openBehind(backEnd)
    const faults: readonly (NetworkFault | undefined)[] = [
      undefined,
      { kind: 'cut', after: 0, how: 'reset' },
      { kind: 'cut', after: 150, how: 'end' },
      undefined,
      { kind: 'cut', after: 400, how: 'reset' },
      { kind: 'throttle', pieces: 40 },
    ]
    let asked = 0
    const source = Array.from({ length: isLong ? 300 : 24 }, (_, id) => ({ id, prompt: `Count to four. ${id}` }))
    const folder = await scratch()
    const run = generateDataset({ llm, source, folder: folder('run'), concurrency: 4, maxRetries: 50 }, { runtime })
    for await (const row of run) {
      expect([row.status, row.columns['generation']]).toEqual(['ok', text])
      proxy.order(faults[asked++ % faults.length])
    }
    const { counts } = await run
    expect(counts).toMatchObject({ ok: source.length, failed: 0, invalid: 0 })
  })
})

/** What a stream had brought is the beginning of the answer, and not nothing. */
function startOf({ partial }: HeadraceError): string | undefined {
  const arrived = partial?.text ?? ''
  return arrived !== '' && text.startsWith(arrived) ? arrived : undefined
}
