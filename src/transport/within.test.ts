import { getEventListeners } from 'node:events'

import { describe, expect, it } from 'vitest'

import { ManualRuntime } from '../../test/support/manual-runtime.js'
import { type Bounds, within } from './within.js'

const never = new Promise<never>(() => undefined)

function boundsOf(signal?: AbortSignal, timeoutMs = Infinity): Bounds & { readonly runtime: ManualRuntime } {
  return {
    runtime: new ManualRuntime(),
    signal,
    timeoutMs,
    toAborted: ({ reason }) => new Error(String(reason)),
    toLate: () => new Error('late'),
  }
}

describe('within', () => {
  it('is what the promise is, and then waits for nothing', async () => {
    const { signal } = new AbortController()
    const bounds = boundsOf(signal, 1000)
    expect(await within(Promise.resolve(7), bounds)).toBe(7)
    await expect(within(Promise.reject(new Error('own')), bounds)).rejects.toThrow('own')
    await new Promise(setImmediate)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    expect(bounds.runtime.pendingTimers).toBe(0)
  })

  it('fails when the signal aborts first, and takes the late failure with it', async () => {
    const controller = new AbortController()
    const bounds = boundsOf(controller.signal, 1000)
    let fail = (_error: Error): void => undefined
    const outcome = within(new Promise<never>((_, reject) => (fail = reject)), bounds)
    controller.abort('enough')
    await expect(outcome).rejects.toThrow('enough')
    expect(bounds.runtime.pendingTimers).toBe(0)
    fail(new Error('own'))
    await new Promise(setImmediate)
  })

  it('fails when the time is over first', async () => {
    const { signal } = new AbortController()
    const bounds = boundsOf(signal, 1000)
    const outcome = within(never, bounds)
    bounds.runtime.advance(999)
    expect(bounds.runtime.pendingTimers).toBe(1)
    bounds.runtime.advance(1)
    await expect(outcome).rejects.toThrow('late')
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('fails at once when the signal has aborted before', async () => {
    const bounds = boundsOf(AbortSignal.abort('enough'), 1000)
    await expect(within(never, bounds)).rejects.toThrow('enough')
    await expect(within(Promise.reject(new Error('own')), bounds)).rejects.toThrow('enough')
    expect(bounds.runtime.pendingTimers).toBe(0)
  })
})
