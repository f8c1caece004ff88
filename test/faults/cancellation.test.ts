/** A call that the caller ends: its socket closes on the server's side, at once, whatever it was doing. */
import { getEventListeners } from 'node:events'

import { describe, expect, it } from 'vitest'

import type { ChatStreamPart } from '../../src/index.js'
import { json, openStream, streamHead } from '../support/http-bytes.js'
import { errorOf } from '../support/outcome-of.js'
import type { Script } from '../support/scripted-server.js'
import {
  chatChunk,
  chatRoute,
  chatStream,
  connect,
  listedModel,
  listRoute,
  modelList,
  startServer,
  startXinference,
} from '../support/xinference-server.js'

const question = [{ role: 'user', content: 'Hello?' }] as const
const speaking: Script = [...openStream(chatChunk({ content: 'Hel' }), chatChunk({ content: 'lo' })), { end: 'hang' }]
const silent: Script = [{ end: 'hang' }]
const thinking: Script = [{ write: streamHead }, { end: 'hang' }]

/** A loaded model without a request to the server's list, so that all sockets are those of calls. */
async function start(chat: Script, options: object = {}) {
  const server = await startXinference({ chat })
  const llm = await connect(server, { modelDescription: listedModel, ...options }).load()
  return { server, llm }
}

describe('leaving the loop', () => {
  const leave: Readonly<Record<string, (stream: AsyncIterable<ChatStreamPart>) => Promise<unknown>>> = {
    async break(stream) {
      for await (const _part of stream) break
    },
    async return(stream) {
      for await (const part of stream) return part
      return undefined
    },
    async throw(stream) {
      for await (const _part of stream) throw new Error('mine')
    },
    async 'return()'(stream) {
      const iterator = stream[Symbol.asyncIterator]()
      await iterator.next()
      expect(await iterator.return?.()).toEqual({ done: true, value: undefined })
      expect(await iterator.next()).toEqual({ done: true, value: undefined })
    },
  }

  it.each(Object.keys(leave))('by %s closes the socket', async (name) => {
    const { server, llm } = await start(speaking)
    const left = leave[name]?.(llm.streamChat(question))
    if (name === 'throw') await expect(left).rejects.toThrow('mine')
    else await left
    await server.allSocketsClosed()
    expect(server.connectionCount).toBe(1)
  })

  it('while a part is waited for ends the wait', async () => {
    const { server, llm } = await start(thinking)
    const iterator = llm.streamChat(question)[Symbol.asyncIterator]()
    const waiting = iterator.next()
    await server.received(chatRoute)
    await iterator.return?.()
    expect(await waiting).toEqual({ done: true, value: undefined })
    await server.allSocketsClosed()
  })

  it('before the first part sends nothing', async () => {
    const { server, llm } = await start(speaking)
    const iterator = llm.streamChat(question)[Symbol.asyncIterator]()
    await iterator.return?.()
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    expect(server.connectionCount).toBe(0)
  })

  it('makes response() fail', async () => {
    const { llm } = await start(speaking)
    const stream = llm.streamChat(question)
    for await (const _part of stream) break
    expect(await errorOf(stream.response())).toMatchObject({ code: 'ABORTED' })
  })

  it('takes no other call with it', async () => {
    const { server, llm } = await start(speaking)
    const kept = llm.streamChat(question)[Symbol.asyncIterator]()
    await kept.next()
    for await (const _part of llm.streamChat(question)) break
    await server.socketsOpen(1)
    expect(await kept.next()).toMatchObject({ value: { delta: 'lo' } })
    await kept.return?.()
    await server.allSocketsClosed()
  })
})

describe("the caller's signal", () => {
  it('that is aborted already sends nothing', async () => {
    const server = await startXinference()
    const llm = connect(server)
    const signal = AbortSignal.abort(new Error('too late'))
    for (const call of [llm.chat(question, { signal }), llm.streamChat(question, { signal }).response()]) {
      expect(await errorOf(call)).toMatchObject({ code: 'ABORTED', cause: { message: 'too late' } })
    }
    await llm.load()
    expect(await errorOf(llm.complete('Hello', { signal }))).toMatchObject({ code: 'ABORTED' })
    expect(server.requests.map(({ path }) => path)).toEqual(['/v1/models'])
  })

  it('ends a call that waits for the model to be loaded, and not the load of others', async () => {
    let answer = (): void => undefined
    const until = new Promise<void>((resolve) => (answer = resolve))
    const server = await startXinference({ routes: { [listRoute]: [{ until }, ...modelList(listedModel)] } })
    const llm = connect(server)
    const controller = new AbortController()
    const { signal } = controller
    const ended = [
      errorOf(llm.chat(question, { signal })),
      errorOf(llm.streamChat(question, { signal }).response()),
      errorOf(llm.generate([question], { signal })),
      errorOf(llm.predict('Hello', {}, { signal })),
    ]
    const one = llm.generateOne(question, { signal })
    const other = llm.chat(question)
    await server.received(listRoute)
    controller.abort()
    expect((await Promise.all(ended)).map(({ code }) => code)).toEqual(Array.from(ended, () => 'ABORTED'))
    expect(await one).toMatchObject({ outcome: 'cancelled' })
    answer()
    expect((await other).text).toBe('Hello')
    expect(server.requestsTo(chatRoute)).toHaveLength(1)
  })

  it('ends a call whose connection does not stand yet', async () => {
    // A server that accepts and never answers the TLS handshake.
    const server = await startServer({ greeting: silent })
    const llm = connect({ url: server.url.replace('http:', 'https:') }, { modelDescription: listedModel })
    const controller = new AbortController()
    const failure = errorOf(llm.chat(question, { signal: controller.signal }))
    await server.socketsOpen(1)
    controller.abort()
    expect(await failure).toMatchObject({ code: 'ABORTED' })
    await llm.unload()
    await server.allSocketsClosed()
  })

  it.each([
    ['before the head', silent, 0],
    ['before the first token', thinking, 0],
    ['in the middle', speaking, 2],
  ])('%s closes the socket', async (_name, script, partCount) => {
    const { server, llm } = await start(script)
    const controller = new AbortController()
    const parts: string[] = []
    const failure = errorOf(
      (async () => {
        for await (const part of llm.streamChat(question, { signal: controller.signal })) {
          parts.push(part.delta)
          if (parts.length === partCount) controller.abort(new Error('enough'))
        }
      })(),
    )
    await server.received(chatRoute)
    if (partCount === 0) controller.abort(new Error('enough'))
    expect(await failure).toMatchObject({
      code: 'ABORTED',
      message: expect.stringContaining('aborted'),
      cause: { message: 'enough' },
      partial: { text: parts.join('') },
    })
    expect(parts).toHaveLength(partCount)
    await server.allSocketsClosed()
    expect(server.connectionCount).toBe(1)
  })

  it.each(['json', 'stream'] as const)('ends a call that is read as %s', async (wireMode) => {
    const { server, llm } = await start(silent, { wireMode })
    const controller = new AbortController()
    const failure = errorOf(llm.complete('Hello', { signal: controller.signal }))
    await server.received(chatRoute)
    controller.abort()
    expect(await failure).toMatchObject({ code: 'ABORTED' })
    await server.allSocketsClosed()
  })

  it('without effect after the end', async () => {
    const { llm } = await start(chatStream('Hello'))
    const controller = new AbortController()
    const { signal } = controller
    const answer = await llm.chat(question, { signal })
    for await (const _part of llm.streamChat(question, { signal })) break
    await llm.generate([question], { signal })
    await llm.chat(question, { n: 2, signal })
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    controller.abort()
    expect(answer.text).toBe('Hello')
  })

  it('of a thousand calls has one listener, and ends them all', async () => {
    const { server, llm } = await start(speaking)
    const controller = new AbortController()
    const { signal } = controller
    const failures = Array.from({ length: 1000 }, () => errorOf(llm.chat(question, { signal })))
    await server.received(chatRoute, 1000)
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    expect(server.openSockets).toBe(1000)
    controller.abort()
    const codes = new Set((await Promise.all(failures)).map(({ code }) => code))
    expect([...codes]).toEqual(['ABORTED'])
    await server.allSocketsClosed()
    expect(server.connectionCount).toBe(1000)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('ends all answers of one call with n', async () => {
    const { server, llm } = await start(speaking)
    const controller = new AbortController()
    const failure = errorOf(llm.chat(question, { n: 3, signal: controller.signal }))
    await server.received(chatRoute, 3)
    controller.abort()
    expect(await failure).toMatchObject({ code: 'ABORTED' })
    await server.allSocketsClosed()
  })
})

describe('unloading', () => {
  it.each(['unload', Symbol.asyncDispose] as const)('by %s ends the calls under way', async (method) => {
    const { server, llm } = await start(speaking)
    const iterator = llm.streamChat(question)[Symbol.asyncIterator]()
    await iterator.next()
    const failures = [errorOf(llm.chat(question)), errorOf(llm.complete('Hello', { raw: true }))]
    await server.received(chatRoute, 2)
    await llm[method]()
    for (const failure of failures) {
      const { code, message } = await failure
      expect([code, message]).toEqual(['ABORTED', 'The model was unloaded.'])
    }
    // What had arrived before is still handed over.
    expect(await iterator.next()).toMatchObject({ value: { delta: 'lo' } })
    expect(await errorOf(iterator.next())).toMatchObject({ code: 'ABORTED', partial: { text: 'Hello' } })
    await server.allSocketsClosed()
  })

  it('ends a call that was made in the same moment', async () => {
    const { server, llm } = await start(chatStream('Hello'))
    const failures = [errorOf(llm.chat(question)), errorOf(llm.streamChat(question).response())]
    await llm.unload()
    expect((await Promise.all(failures)).map(({ code }) => code)).toEqual(['ABORTED', 'ABORTED'])
    expect(server.connectionCount).toBe(0)
    expect((await llm.chat(question)).text).toBe('Hello')
  })

  it('leaves the calls of a copy alone', async () => {
    const { server, llm } = await start(speaking)
    const copy = llm.with({ temperature: 0 })
    const iterator = copy.streamChat(question)[Symbol.asyncIterator]()
    await iterator.next()
    await llm.unload()
    expect(await iterator.next()).toMatchObject({ value: { delta: 'lo' } })
    await copy.unload()
    await server.allSocketsClosed()
  })
})

describe('connections', () => {
  it('are used again, one call after the other', async () => {
    const { server, llm } = await start(chatStream('Hello'))
    for (let call = 0; call < 10; call++) await llm.chat(question)
    expect(server.requestsTo(chatRoute)).toHaveLength(10)
    expect(server.connectionCount).toBeLessThanOrEqual(2)
  })

  it('are used again after errors with a body', async () => {
    const { server, llm } = await start(json(400, { detail: 'no' }))
    for (let call = 0; call < 10; call++) await errorOf(llm.chat(question))
    expect(server.connectionCount).toBeLessThanOrEqual(2)
  })

  it('are closed before the 5 s after which the server closes idle ones', async () => {
    const { server, llm } = await start(chatStream('Hello'))
    await llm.chat(question)
    const answeredAt = performance.now()
    expect(server.openSockets).toBe(1)
    await server.allSocketsClosed(6000)
    const idleMs = performance.now() - answeredAt
    expect(idleMs).toBeLessThan(5000)
    expect(idleMs).toBeGreaterThan(2000)
  })
})
