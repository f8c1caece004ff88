import { getEventListeners } from 'node:events'

import { describe, expect, it } from 'vitest'

import { onAbort, orAborted } from './signal-listeners.js'

describe('onAbort', () => {
  it('puts one listener on a signal, however many listen, and none when nobody does', () => {
    const controller = new AbortController()
    const heard: number[] = []
    const offs = Array.from({ length: 100 }, (_, index) => onAbort(controller.signal, () => heard.push(index)))
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
    for (const off of offs.slice(1)) off()
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
    offs[0]?.()
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    onAbort(controller.signal, () => heard.push(-1))
    controller.abort()
    expect(heard).toEqual([-1])
  })

  it('calls each once, except those that stopped, also during the abort', () => {
    const controller = new AbortController()
    const heard: string[] = []
    onAbort(controller.signal, () => {
      heard.push('a')
      offB()
    })
    const offB = onAbort(controller.signal, () => heard.push('b'))
    onAbort(controller.signal, () => heard.push('c'))
    const twice = (): unknown => heard.push('d')
    onAbort(controller.signal, twice)
    onAbort(controller.signal, twice)
    controller.abort()
    controller.abort()
    expect(heard.toSorted()).toEqual(['a', 'c', 'd', 'd'])
  })

  it('may be stopped twice, and after the abort', () => {
    const controller = new AbortController()
    const heard: string[] = []
    const off = onAbort(controller.signal, () => heard.push('a'))
    const other = onAbort(controller.signal, () => heard.push('b'))
    off()
    off()
    controller.abort()
    other()
    expect(heard).toEqual(['b'])
  })
})

describe('orAborted', () => {
  const toError = (signal: AbortSignal): Error => new Error(String(signal.reason))

  it('is what the promise is, and then listens no more', async () => {
    const { signal } = new AbortController()
    expect(await orAborted(Promise.resolve(7), signal, toError)).toBe(7)
    await expect(orAborted(Promise.reject(new Error('own')), signal, toError)).rejects.toThrow('own')
    await new Promise(setImmediate)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('fails when the signal aborts first, and takes the late failure with it', async () => {
    const controller = new AbortController()
    let fail = (_error: Error): void => undefined
    const late = new Promise<never>((_, reject) => (fail = reject))
    const outcome = orAborted(late, controller.signal, toError)
    controller.abort('enough')
    await expect(outcome).rejects.toThrow('enough')
    fail(new Error('late'))
    await new Promise(setImmediate)
  })

  it('fails at once when the signal has aborted before', async () => {
    const signal = AbortSignal.abort('enough')
    await expect(orAborted(new Promise<never>(() => undefined), signal, toError)).rejects.toThrow('enough')
    await expect(orAborted(Promise.reject(new Error('late')), signal, toError)).rejects.toThrow('enough')
  })
})
