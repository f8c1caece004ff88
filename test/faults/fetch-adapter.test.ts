/** An injected `fetch` gives what the built-in transport gives. */
import { describe, expect, it } from 'vitest'

import type { HeadraceError, XinferenceOptions } from '../../src/index.js'
import { fixture } from '../support/fixtures.js'
import { detail, html, json, openStream, streamOf, whole } from '../support/http-bytes.js'
import { drain, errorOf } from '../support/outcome-of.js'
import { recordedStreams } from '../support/recorded-streams.js'
import type { Script, ScriptedServer } from '../support/scripted-server.js'
import {
  chatAnswer,
  chatChunk,
  chatRoute,
  chatStream,
  connect,
  listedModel,
  startServer,
  startXinference,
} from '../support/xinference-server.js'

const question = [{ role: 'user', content: 'Hello?' }] as const

/** The same model over both. */
function both(server: Pick<ScriptedServer, 'url'>, options: Partial<XinferenceOptions> = {}) {
  const common = { maxRetries: 0, waitTimeoutMs: 0, ...options }
  return [connect(server, common), connect(server, { ...common, fetch })] as const
}

/** What is the same about two errors. */
function essence({ code, message, status, isRetryable, retryAfterMs, partial }: HeadraceError): object {
  return { code, message, status, isRetryable, retryAfterMs, partial }
}

describe('over fetch', () => {
  it.each(recordedStreams)('$file is the same', async ({ file, kind, model }) => {
    const server = await startXinference({ chat: streamOf(fixture(file)), completion: streamOf(fixture(file)), model })
    const [own, other] = await Promise.all(
      both(server).map(async (llm) => {
        const source = kind === 'chat' ? llm.streamChat(question) : llm.streamComplete('Roses', { raw: true })
        const { parts, error } = await drain(source as ReturnType<typeof llm.streamChat>)
        return JSON.stringify([parts, error], (key, value: unknown) => (key === 'timings' ? undefined : value))
      }),
    )
    expect(other).toBe(own)
    expect(own).toContain('finish')
  })

  it.each([
    ['a plain answer', chatAnswer('Hello')],
    ['401', detail(401, 'Could not validate credentials')],
    ['404', detail(404, "Model not found in the model list, uid: x. Available model uids: ['a']")],
    ['429', detail(429, 'Rate limit reached', { 'retry-after': '7' })],
    ['500', detail(500, 'CUDA out of memory')],
    ['503', detail(503, 'Model is loading', { 'retry-after': '30' })],
    ['a web page', html(404)],
    ['no JSON', whole(200, 'text/plain', 'Bonjour')],
    ['no choices', json(200, {})],
    ['a cut stream', [...openStream(chatChunk({ content: 'Hel' })), { end: 'close' }] as Script],
    ['an error in a stream', streamOf('data: {"error": "boom"}\r\n\r\n')],
    ['a close before the head', [{ end: 'close' }] as Script],
  ])('%s is the same', async (_name, script) => {
    const server = await startXinference({ chat: script })
    const [own, other] = await Promise.all(
      both(server, { wireMode: 'stream' }).map(async (llm) =>
        llm.chat(question).then(
          ({ text, usage, finishReason }): object => ({ text, usage, finishReason }),
          (error: HeadraceError) => essence(error),
        ),
      ),
    )
    expect(other).toEqual(own)
  })

  it('a server that is gone is the same', async () => {
    const server = await startServer({})
    const { url } = server
    await server.close()
    const [own, other] = await Promise.all(both({ url }).map((llm) => errorOf(llm.load())))
    expect(other && essence(other)).toEqual(own && essence(own))
    expect(own).toMatchObject({ code: 'CONNECTION_FAILED', message: expect.stringContaining('Nothing listens') })
  })

  it.each([
    ['before the head', [{ end: 'hang' }] as Script],
    ['in the middle', [...openStream(chatChunk({ content: 'Hel' })), { end: 'hang' }] as Script],
  ])('an abort %s closes the socket', async (_name, script) => {
    const server = await startXinference({ chat: script })
    const llm = connect(server, { fetch, modelDescription: listedModel })
    const controller = new AbortController()
    const failure = errorOf(llm.chat(question, { signal: controller.signal }))
    await server.received(chatRoute)
    controller.abort()
    expect(await failure).toMatchObject({ code: 'ABORTED' })
    await server.allSocketsClosed()
  })

  it('a break and unload close the socket', async () => {
    const server = await startXinference({ chat: [...openStream(chatChunk({ content: 'Hel' })), { end: 'hang' }] })
    const llm = connect(server, { fetch, modelDescription: listedModel })
    for await (const _part of llm.streamChat(question)) break
    await server.allSocketsClosed()
    const failure = errorOf(llm.chat(question))
    await server.received(chatRoute, 2)
    await llm.unload()
    expect(await failure).toMatchObject({ code: 'ABORTED' })
    await server.allSocketsClosed()
  })
})

describe('the injected fetch', () => {
  it('is called with what it needs, and nothing else', async () => {
    const calls: { readonly url: string; readonly init: RequestInit }[] = []
    const server = await startXinference()
    const llm = connect(server, {
      apiKey: 'xf-0123456789',
      fetch: (url, init) => {
        calls.push({ url, init })
        return fetch(url, init)
      },
    })
    await llm.chat(question)
    expect(calls.map(({ url }) => url)).toEqual([`${server.url}/v1/models`, `${server.url}/v1/chat/completions`])
    expect(calls[1]?.init).toEqual({
      method: 'POST',
      headers: { authorization: 'Bearer xf-0123456789', 'content-type': 'application/json' },
      body: expect.stringContaining('"model":"my-qwen"'),
      redirect: 'manual',
      signal: expect.any(AbortSignal),
    })
    expect(calls[0]?.init).not.toHaveProperty('body')
  })

  it('may throw at once, reject, or reject with nothing', async () => {
    const server = await startXinference()
    const failures = [
      () => {
        throw new Error('mine')
      },
      () => Promise.reject(new Error('mine')),
      () => Promise.reject(),
    ]
    for (const failing of failures) {
      const llm = connect(server, { fetch: failing, maxRetries: 0 })
      expect(await errorOf(llm.load())).toMatchObject({ code: 'CONNECTION_FAILED' })
    }
  })

  it('may answer without a body', async () => {
    const server = await startXinference()
    const llm = connect(server, { fetch: async () => new Response(null, { status: 204 }), maxRetries: 0 })
    expect(await errorOf(llm.load())).toMatchObject({ code: 'WRONG_SERVER' })
  })

  it('that ignores its signal loses its body when the call ends', async () => {
    let isCancelled = false
    const body = new ReadableStream<Uint8Array>({
      start: (controller) =>
        controller.enqueue(new TextEncoder().encode('data: {"choices":[{"delta":{"content":"a"}}]}\n\n')),
      cancel: () => void (isCancelled = true),
    })
    const llm = connect(
      { url: 'http://127.0.0.1:1' },
      {
        modelDescription: listedModel,
        fetch: async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
      },
    )
    for await (const _part of llm.streamChat(question)) break
    await new Promise(setImmediate)
    expect(isCancelled).toBe(true)
  })

  it('may be given to a copy', async () => {
    const server = await startXinference({ chat: chatStream('Hello') })
    let count = 0
    const llm = await connect(server).load()
    const copy = llm.with({ fetch: (url, init) => (count++, fetch(url, init)) })
    expect((await copy.chat(question)).text).toBe('Hello')
    expect(count).toBe(2)
  })
})
