/** Deadlines, on a clock that the tests move. */
import { describe, expect, it } from 'vitest'

import { event, openStream, streamHead } from '../support/http-bytes.js'
import { ManualRuntime } from '../support/manual-runtime.js'
import { errorOf } from '../support/outcome-of.js'
import type { Answer, Script } from '../support/scripted-server.js'
import {
  chatChunk,
  chatRoute,
  connect,
  listedModel,
  startServer,
  startXinference,
} from '../support/xinference-server.js'

const question = [{ role: 'user', content: 'Hello?' }] as const
const hang: Script = [{ end: 'hang' }]
const speaking: Script = [...openStream(chatChunk({ content: 'Hel' }), chatChunk({ content: 'lo' })), ...hang]

/** Deadlines are looked at a few times a second. */
const slackMs = 260

async function start(chat: Answer, options: object = {}) {
  const server = await startXinference({ chat })
  const runtime = new ManualRuntime()
  const llm = await connect(server, { modelDescription: listedModel, maxRetries: 0, ...options }, runtime).load()
  return { server, llm, runtime }
}

/** A promise that a handler resolves. */
function createEvent(): { readonly happened: Promise<void>; readonly happen: () => void } {
  let happen = (): void => undefined
  const happened = new Promise<void>((resolve) => (happen = resolve))
  return { happened, happen: () => happen() }
}

/** The answer of an injected `fetch`; `write` resolves when what it wrote has been read. */
function createBody(type: string): { readonly response: Response; readonly write: (text: string) => Promise<void> } {
  let stream: ReadableStreamDefaultController<Uint8Array>
  let asked = createEvent()
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => void (stream = controller),
      pull: () => asked.happen(),
    },
    { highWaterMark: 0 },
  )
  return {
    response: new Response(body, { headers: { 'content-type': type } }),
    async write(text) {
      // A reader asks for more once it has taken what came before.
      await asked.happened
      asked = createEvent()
      stream.enqueue(new TextEncoder().encode(text))
      await asked.happened
    },
  }
}

describe('a deadline', () => {
  it('for the connection passes when none stands', async () => {
    // A server that accepts and never answers the TLS handshake.
    const server = await startServer({ greeting: hang })
    const runtime = new ManualRuntime()
    const url = server.url.replace('http:', 'https:')
    const llm = connect({ url }, { modelDescription: listedModel, maxRetries: 0 }, runtime)
    const failure = errorOf(llm.chat(question))
    await server.socketsOpen(1)
    runtime.advance(10_000 + slackMs)
    expect(await failure).toMatchObject({ code: 'TIMEOUT', phase: 'connect', isRetryable: true })
    expect((await failure).message).toContain('10000 ms')
    await server.allSocketsClosed()
  })

  it.each([
    ['nothing comes', hang],
    ['nothing but the head comes', [{ write: streamHead }, ...hang]],
    ['nothing but a role comes', [...openStream(chatChunk({ role: 'assistant', content: null })), ...hang]],
  ])('for the first token passes when %s', async (_name, chat) => {
    const { server, llm, runtime } = await start(chat, { timeouts: { firstTokenMs: 5000 } })
    const failure = errorOf(llm.chat(question))
    await server.received(chatRoute)
    runtime.advance(4900)
    expect(server.openSockets).toBe(1)
    runtime.advance(100 + slackMs)
    expect(await failure).toMatchObject({ code: 'TIMEOUT', phase: 'first-token', isRetryable: false })
    expect((await failure).message).toMatch(/5000 ms; raise timeouts\.firstTokenMs/)
    await server.allSocketsClosed()
    expect(server.requestsTo(chatRoute)).toHaveLength(1)
  })

  it('for silence passes when the answer stops coming', async () => {
    const { server, llm, runtime } = await start(speaking, { timeouts: { idleMs: 3000 } })
    const iterator = llm.streamChat(question)[Symbol.asyncIterator]()
    await iterator.next()
    await iterator.next()
    const failure = errorOf(iterator.next())
    runtime.advance(2900)
    expect(server.openSockets).toBe(1)
    runtime.advance(100 + 2 * slackMs)
    expect(await failure).toMatchObject({ code: 'TIMEOUT', phase: 'idle', partial: { text: 'Hello' } })
    await server.allSocketsClosed()
  })

  it('for silence is put off by each arrival, a comment included', async () => {
    const { response, write } = createBody('text/event-stream')
    const { llm, runtime } = await start(hang, { timeouts: { idleMs: 3000 }, fetch: async () => response })
    const iterator = llm.streamChat(question)[Symbol.asyncIterator]()
    const first = iterator.next()
    await write(event(chatChunk({ content: 'Hel' })))
    await first
    for (let time = 0; time < 5; time++) {
      runtime.advance(2500)
      await write(': ping - 2026-11-22 00:19:09.415867+00:00\r\n\r\n')
    }
    await write(event(chatChunk({ content: 'lo' })))
    expect(await iterator.next()).toMatchObject({ value: { text: 'Hello' } })
    runtime.advance(3000 + 2 * slackMs)
    expect(await errorOf(iterator.next())).toMatchObject({ phase: 'idle' })
  })

  it('for the whole passes although text keeps coming', async () => {
    const more = createEvent()
    const { server, llm, runtime } = await start(
      [
        ...openStream(chatChunk({ content: 'Hel' })),
        { until: more.happened },
        ...openStream(chatChunk({ content: 'lo' })).slice(1),
        ...hang,
      ],
      { timeouts: { totalMs: 4000 } },
    )
    const iterator = llm.streamChat(question)[Symbol.asyncIterator]()
    await iterator.next()
    runtime.advance(3500)
    more.happen()
    await iterator.next()
    runtime.advance(500 + slackMs)
    expect(await errorOf(iterator.next())).toMatchObject({
      code: 'TIMEOUT',
      phase: 'total',
      partial: { text: 'Hello' },
      message: expect.stringContaining('timeouts.totalMs'),
    })
    await server.allSocketsClosed()
  })

  it('holds for a plain JSON answer: until its first byte, then between bytes', async () => {
    const { response, write } = createBody('application/json')
    const options = { wireMode: 'json', timeouts: { firstTokenMs: 5000, idleMs: 1000 } } as const
    const { server, llm, runtime } = await start(hang, options)
    const first = errorOf(llm.chat(question))
    await server.received(chatRoute)
    runtime.advance(5000 + slackMs)
    expect(await first).toMatchObject({ code: 'TIMEOUT', phase: 'first-token' })
    await server.allSocketsClosed()
    const second = errorOf(llm.with({ fetch: async () => response }).chat(question))
    runtime.advance(4000)
    await write('{"choices"')
    runtime.advance(900)
    await write(': [')
    runtime.advance(1000 + 2 * slackMs)
    expect(await second).toMatchObject({ code: 'TIMEOUT', phase: 'idle' })
  })

  it('may be given to one call, and may be Infinity', async () => {
    const { server, llm, runtime } = await start(hang, { timeouts: { firstTokenMs: 1000 } })
    const waiting = llm.chat(question, { timeouts: { firstTokenMs: Infinity, totalMs: Infinity } })
    const failure = errorOf(llm.chat(question))
    await server.received(chatRoute, 2)
    runtime.advance(1000 + slackMs)
    expect(await failure).toMatchObject({ code: 'TIMEOUT' })
    runtime.advance(10_000_000)
    const other = errorOf(waiting)
    await llm.unload()
    expect(await other).toMatchObject({ code: 'ABORTED' })
  })

  it('is by default ten minutes for the first token and two for silence', async () => {
    const { server, llm, runtime } = await start(speaking)
    const failure = errorOf(llm.chat(question))
    const iterator = llm.streamChat(question)[Symbol.asyncIterator]()
    await iterator.next()
    await server.received(chatRoute, 2)
    runtime.advance(119_000)
    await iterator.next()
    runtime.advance(1000 + 2 * slackMs)
    expect(await errorOf(iterator.next())).toMatchObject({ phase: 'idle' })
    expect(await failure).toMatchObject({ phase: 'idle' })
    await server.allSocketsClosed()
  })

  it('passes for each of many calls', async () => {
    const { server, llm, runtime } = await start(hang, { timeouts: { firstTokenMs: 5000 } })
    const early = Array.from({ length: 5 }, () => errorOf(llm.chat(question)))
    await server.received(chatRoute, 5)
    runtime.advance(3000)
    const late = Array.from({ length: 5 }, () => errorOf(llm.chat(question)))
    await server.received(chatRoute, 10)
    runtime.advance(2000 + slackMs)
    expect((await Promise.all(early)).map(({ code }) => code)).toEqual(Array.from(early, () => 'TIMEOUT'))
    await server.socketsOpen(5)
    runtime.advance(3000)
    expect((await Promise.all(late)).map(({ code }) => code)).toEqual(Array.from(late, () => 'TIMEOUT'))
    await server.allSocketsClosed()
  })

  it('of the connection is tried again', async () => {
    const server = await startServer({ greeting: hang })
    const runtime = new ManualRuntime()
    const url = server.url.replace('http:', 'https:')
    const llm = connect(
      { url },
      { modelDescription: listedModel, maxRetries: 1, timeouts: { connectMs: 1000 } },
      runtime,
    )
    const retried = createEvent()
    llm.callbackManager.on('retry', retried.happen)
    const failure = errorOf(llm.chat(question))
    await server.socketsOpen(1)
    runtime.advance(1000 + slackMs)
    await retried.happened
    await server.allSocketsClosed()
    runtime.advance(1000)
    await server.socketsOpen(1)
    runtime.advance(1000 + slackMs)
    expect(await failure).toMatchObject({ code: 'TIMEOUT', phase: 'connect' })
    expect(server.connectionCount).toBe(2)
  })
})

describe('loading the model', () => {
  it('ends when the server is silent', async () => {
    const server = await startServer({ greeting: hang })
    const runtime = new ManualRuntime()
    const llm = connect(server, {}, runtime)
    const failure = errorOf(llm.load())
    await server.socketsOpen(1)
    runtime.advance(90_000)
    expect(await failure).toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('/v1/models') })
    await server.allSocketsClosed()
  })
})
