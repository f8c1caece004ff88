/** Quirks 5 to 7 and 17: how an answer ends, or does not. */
import { describe, expect, it } from 'vitest'

import type { ChatStreamPart } from '../../src/index.js'
import { fixture } from '../support/fixtures.js'
import { chunk, lastChunk, openStream, stream, streamHead, streamOf } from '../support/http-bytes.js'
import { ManualRuntime } from '../support/manual-runtime.js'
import { drain, errorOf } from '../support/outcome-of.js'
import type { Script } from '../support/scripted-server.js'
import { chatChunk, chatRoute, connect, listedModel, startXinference } from '../support/xinference-server.js'

const question = [{ role: 'user', content: 'Hello?' }] as const

async function read(chat: Script) {
  const server = await startXinference({ chat })
  return drain<ChatStreamPart>(connect(server, { maxRetries: 0 }).streamChat(question))
}

describe('quirk 5: an error, as a string, inside a stream with status 200', () => {
  it.each(['3.2.1', '4.1.0'])('that is a rate limit has status 429 (server %s)', async (version) => {
    const { error } = await read(streamOf(fixture(`xinference-${version}-rate-limit.sse`)))
    expect(error).toMatchObject({ code: 'RATE_LIMITED', status: 429, isRetryable: true })
  })

  it('is thrown with the text before it', async () => {
    const { parts, error } = await read(
      stream(chatChunk({ content: 'Hel' }), chatChunk({ content: 'lo' }), { error: 'CUDA out of memory' }),
    )
    expect(parts.map(({ delta }) => delta)).toEqual(['Hel', 'lo'])
    expect(error).toMatchObject({
      code: 'SERVER_ERROR',
      message: expect.stringContaining('CUDA out of memory'),
      partial: { text: 'Hello' },
    })
  })

  it.each([
    [{ error: { message: 'boom', type: 'x' } }, 'SERVER_ERROR'],
    [{ error: 'Requested tokens (600) exceed context window of 512' }, 'CONTEXT_OVERFLOW'],
    [{ error: 'Model not found in the model list, uid: my-qwen' }, 'MODEL_NOT_FOUND'],
  ])('%j has the code %s', async (data, code) => {
    expect((await read(stream(data))).error).toMatchObject({ code })
  })
})

describe("quirk 6: the reason of an error, replaced by Python's about __aiter__", () => {
  it('is said to be lost, with what to do', async () => {
    const { error } = await read(streamOf(fixture('xinference-3.2.1-lost-reason.sse')))
    expect(error).toMatchObject({ code: 'SERVER_ERROR', isRetryable: false })
    expect(error?.message).toMatch(/lost the reason: look at the server's log/)
    expect(error?.message).not.toContain('__aiter__')
  })
})

describe('quirk 7: no [DONE] on completions, and none on failures', () => {
  it('ends a completion with its body', async () => {
    const completion = streamOf(fixture('xinference-3.2.1-llama-cpp-completion.sse'))
    const llm = connect(await startXinference({ completion }), { maxRetries: 0 })
    const { text, finishReason } = await llm.complete('Say', { raw: true })
    expect([text, finishReason.unified]).toEqual(['Roses are réd', 'stop'])
  })

  it('is a truncated answer where no reason came either', async () => {
    const { error } = await read([...openStream(chatChunk({ content: 'Hel' })), { write: lastChunk }])
    expect(error).toMatchObject({ code: 'STREAM_TRUNCATED', partial: { text: 'Hel' } })
    const completion = [
      ...openStream({ choices: [{ text: 'Once', index: 0, finish_reason: null }] }),
      { write: lastChunk },
    ]
    const llm = connect(await startXinference({ completion }), { maxRetries: 0 })
    expect(await errorOf(llm.complete('Say', { raw: true }))).toMatchObject({ code: 'STREAM_TRUNCATED' })
  })
})

describe('quirk 17: a server that accepts and never answers', () => {
  const hang = { end: 'hang' } as const
  const options = { modelDescription: listedModel, maxRetries: 0, timeouts: { firstTokenMs: 5000, idleMs: 3000 } }

  it('is given up at a deadline', async () => {
    const server = await startXinference({ chat: [hang] })
    const runtime = new ManualRuntime()
    const failure = errorOf(connect(server, options, runtime).chat(question))
    await server.received(chatRoute)
    runtime.advance(5500)
    expect(await failure).toMatchObject({ code: 'TIMEOUT', phase: 'first-token' })
    await server.allSocketsClosed()
  })

  it('is given up although it pings', async () => {
    const ping = chunk(': ping - 2026-11-22 00:19:09.415867+00:00\r\n\r\n')
    const server = await startXinference({ chat: [{ write: streamHead }, { write: ping }, hang] })
    const runtime = new ManualRuntime()
    let hear = (): void => undefined
    const heard = new Promise<void>((resolve) => (hear = resolve))
    const watchedFetch: typeof fetch = async (url, init) => {
      const { body, headers } = await fetch(url, init)
      const watch = new TransformStream<Uint8Array, Uint8Array>({
        transform(bytes, controller) {
          controller.enqueue(bytes)
          setImmediate(hear)
        },
      })
      return new Response(body?.pipeThrough(watch), { headers })
    }
    const failure = errorOf(connect(server, { ...options, fetch: watchedFetch }, runtime).chat(question))
    await heard
    runtime.advance(5500)
    expect(await failure).toMatchObject({ code: 'TIMEOUT', phase: 'first-token' })
    await server.allSocketsClosed()
  })

  it('any more is given up with the text that came', async () => {
    const server = await startXinference({ chat: [...openStream(chatChunk({ content: 'Hel' })), hang] })
    const runtime = new ManualRuntime()
    const parts = connect(server, options, runtime).streamChat(question)[Symbol.asyncIterator]()
    await parts.next()
    const failure = errorOf(parts.next())
    runtime.advance(3500)
    expect(await failure).toMatchObject({ code: 'TIMEOUT', phase: 'idle', partial: { text: 'Hel' } })
    await server.allSocketsClosed()
  })
})
