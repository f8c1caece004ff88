import { getEventListeners } from 'node:events'

import { describe, expect, it } from 'vitest'

import { onAbort } from './signal-listeners.js'

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
