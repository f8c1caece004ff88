/** A reader that is slower than the server: the socket is paused, the memory stays, no deadline passes. */
import { describe, expect, it } from 'vitest'

import { chunk, event, lastChunk, streamHead } from '../support/http-bytes.js'
import { ManualRuntime } from '../support/manual-runtime.js'
import { errorOf } from '../support/outcome-of.js'
import type { ScriptedServer } from '../support/scripted-server.js'
import { chatChunk, connect, listedModel, realRuntime, startXinference } from '../support/xinference-server.js'

const question = [{ role: 'user', content: 'Hello?' }] as const
const megabyte = 1024 * 1024

/** Resolves when the server can write no more: nothing was taken for a while. */
async function stalled(server: ScriptedServer): Promise<number> {
  let taken = -1
  for (let still = 0; still < 5;) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    still = taken === server.bytesTaken && taken > 0 ? still + 1 : 0
    taken = server.bytesTaken
  }
  return taken
}

describe('a slow reader', () => {
  it.each([
    ['the built-in transport', undefined],
    ['an injected fetch', (url: string, init: RequestInit) => fetch(url, init)],
  ])('stops the server over %s, and gets everything when it goes on', async (_name, injected) => {
    const text = 'x'.repeat(16_000)
    const times = 2500
    const server = await startXinference({
      chat: [
        { write: streamHead },
        { flood: Buffer.from(chunk(event(chatChunk({ content: text })))).toString(), times },
        { write: chunk(event(chatChunk({}, 'stop'))) },
        { write: lastChunk },
      ],
    })
    const llm = connect(server, { modelDescription: listedModel, fetch: injected }, realRuntime())
    const iterator = llm.streamChat(question)[Symbol.asyncIterator]()
    await iterator.next()
    const taken = await stalled(server)
    // What is left of 40 MB waits with the server; the rest is in the buffers of two sockets.
    expect(taken).toBeLessThan(20 * megabyte)
    let length = text.length
    for (let result = await iterator.next(); !result.done; result = await iterator.next()) {
      length += result.value.delta.length
    }
    expect(length).toBe(times * text.length)
  })

  it('is no silence of the server', async () => {
    const pieces = Array.from({ length: 500 }, () => event(chatChunk({ content: 'x' }))).join('')
    const server = await startXinference({ chat: [{ write: streamHead }, { write: chunk(pieces) }, { end: 'hang' }] })
    const runtime = new ManualRuntime()
    const llm = connect(server, { modelDescription: listedModel, timeouts: { idleMs: 1000 } }, runtime)
    const iterator = llm.streamChat(question)[Symbol.asyncIterator]()
    await iterator.next()
    runtime.advance(3_600_000)
    let count = 1
    for (; count < 500; count++) expect((await iterator.next()).done).toBe(false)
    // From here on it is.
    const failure = errorOf(iterator.next())
    runtime.advance(2000)
    expect(await failure).toMatchObject({ code: 'TIMEOUT', phase: 'idle' })
    await server.allSocketsClosed()
  })

  it('has no more time than the whole call', async () => {
    const pieces = Array.from({ length: 500 }, () => event(chatChunk({ content: 'x' }))).join('')
    const server = await startXinference({ chat: [{ write: streamHead }, { write: chunk(pieces) }, { end: 'hang' }] })
    const runtime = new ManualRuntime()
    const llm = connect(server, { modelDescription: listedModel, timeouts: { totalMs: 5000 } }, runtime)
    const iterator = llm.streamChat(question)[Symbol.asyncIterator]()
    await iterator.next()
    runtime.advance(6000)
    await server.allSocketsClosed()
    let last = await iterator.next().catch((error: unknown) => error)
    while (!(last instanceof Error)) last = await iterator.next().catch((error: unknown) => error)
    expect(last).toMatchObject({ code: 'TIMEOUT', phase: 'total' })
  })

  it('that leaves closes the paused socket', async () => {
    const pieces = Array.from({ length: 500 }, () => event(chatChunk({ content: 'x' }))).join('')
    const server = await startXinference({ chat: [{ write: streamHead }, { write: chunk(pieces) }, { end: 'hang' }] })
    const llm = connect(server, { modelDescription: listedModel })
    for await (const _part of llm.streamChat(question)) break
    await server.allSocketsClosed()
  })
})
