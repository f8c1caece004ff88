/** What is sent again, how often and when; on a clock that jumps over each wait. */
import { describe, expect, it } from 'vitest'

import type { XinferenceOptions } from '../../src/index.js'
import { fixture } from '../support/fixtures.js'
import { detail, html, json, openStream, plainText, streamOf, whole } from '../support/http-bytes.js'
import { connectImpatient } from '../support/impatient-model.js'
import { ManualRuntime } from '../support/manual-runtime.js'
import { errorOf } from '../support/outcome-of.js'
import { type Answer, inTurn, type Script } from '../support/scripted-server.js'
import {
  chatAnswer,
  chatChunk,
  chatRoute,
  chatStream,
  connect,
  listedModel,
  startXinference,
} from '../support/xinference-server.js'

const question = [{ role: 'user', content: 'Hello?' }] as const
const good = chatStream('Hello')
const loading = 'Model is loading, please retry later: my-qwen'

async function start(chat: Answer, options: Partial<XinferenceOptions> = {}) {
  const server = await startXinference({ chat })
  return { server, ...(await connectImpatient(server, options)) }
}

describe('what is sent again', () => {
  it.each([
    ['502', detail(502, 'router_unavailable')],
    ['503', detail(503, 'Service Unavailable')],
    ['503 as plain text (limit_concurrency)', plainText(503, 'Service Unavailable')],
    ["502 as a gateway's web page", html(502, '<html><body><h1>502 Bad Gateway</h1></body></html>')],
    ["503 as a gateway's web page", html(503, '<html><body><h1>503</h1></body></html>')],
    [
      "503 of a token router, 'router_unavailable'",
      json(503, { error: { message: 'no worker', type: 'router_unavailable' } }, { 'retry-after': '1' }),
    ],
    ['429, the rate limit', detail(429, 'Rate limit reached for the model. Request limit 1 for the model: my-qwen')],
    ['a rate limit inside a stream', streamOf(fixture('xinference-3.2.1-rate-limit.sse'))],
    ['a worker that died', detail(500, '[address=127.0.0.1:41233, pid=7] Remote server 127.0.0.1:41233 closed')],
    [
      'a worker that has just died (server 4.1.0)',
      plainText(500, "Internal Server Error: [Errno 111] Connect call failed ('127.0.0.1', 39463)"),
    ],
    ['a worker that died inside a stream', streamOf('data: {"error": "Remote server 127.0.0.1:41233 closed"}\r\n\r\n')],
    ['a reset before any byte', [{ end: 'reset' }]],
    ['a close before any byte', [{ end: 'close' }]],
    ['a close inside the head', [{ write: 'HTTP/1.1 200 OK\r\ncontent-' }, { end: 'close' }]],
    ['a stream that ends before its first token', streamOf('')],
    ['a reset before the first token', [...openStream(chatChunk({ role: 'assistant' })), { end: 'reset' }]],
  ] as readonly (readonly [string, Script])[])('is %s', async (_name, bad) => {
    const { server, llm, retries } = await start(inTurn(bad, bad, good))
    const { text, timings } = await llm.chat(question)
    expect(text).toBe('Hello')
    expect(timings.attempts).toBe(3)
    expect(retries.map(({ attempt }) => attempt)).toEqual([2, 3])
    const [first, ...others] = server.bodiesTo(chatRoute)
    expect(others).toEqual([first, first])
  })

  it.each([
    ['401', 'AUTHENTICATION_FAILED', detail(401, 'Could not validate credentials')],
    ['401 with a web page', 'AUTHENTICATION_FAILED', html(401)],
    ['403', 'PERMISSION_DENIED', detail(403, 'Not enough permissions')],
    ['403 as plain text', 'PERMISSION_DENIED', plainText(403, 'Access denied for IP: 127.0.0.1')],
    ['400', 'INVALID_REQUEST', detail(400, 'Invalid input. Please specify the prompt.')],
    ['404', 'MODEL_NOT_FOUND', detail(404, 'Model not found in the model list, uid: my-qwen')],
    ['404 of another server', 'WRONG_SERVER', detail(404, 'Not Found')],
    ['501', 'UNSUPPORTED_OPTION', detail(501, 'Not implemented')],
    ['500', 'SERVER_ERROR', detail(500, 'CUDA out of memory')],
    ['500 of a failed validation', 'INVALID_REQUEST', plainText(500, 'Internal Server Error: 1 validation error')],
    ['500 of a malformed body', 'INVALID_REQUEST', plainText(500, 'Internal Server Error: Expecting value: line 1')],
    ['500 of an overflow', 'CONTEXT_OVERFLOW', detail(500, 'Requested tokens (600) exceed context window of 512')],
    ['500 of a model that cannot chat', 'MODEL_ABILITY', detail(500, '[address=x, pid=1] Model m is not for chat.')],
    ['the ban of an address', 'ADDRESS_BANNED', detail(429, 'Too many failed attempts. IP temporarily banned.')],
    ['the ban of a key', 'ADDRESS_BANNED', detail(429, 'Too many failed attempts for this key.')],
    ['a malformed answer', 'MALFORMED_RESPONSE', whole(200, 'application/json', '{"choices"')],
    ['an error without a known reason', 'SERVER_ERROR', streamOf(fixture('xinference-3.2.1-lost-reason.sse'))],
    ['an answer cut after its first token', 'STREAM_TRUNCATED', openThenClosed()],
    [
      'a worker that died after the first token',
      'SERVER_ERROR',
      streamOf(fixture('xinference-3.2.1-worker-dies-chat.sse')),
    ],
  ] as readonly (readonly [string, string, Script])[])('is not %s', async (_name, code, bad) => {
    const { server, llm, retries } = await start(inTurn(bad, good))
    expect(await errorOf(llm.chat(question))).toMatchObject({ code })
    expect(retries).toEqual([])
    expect(server.requestsTo(chatRoute)).toHaveLength(1)
  })

  it('is a request that nobody listened to', async () => {
    const { server, llm, retries } = await start(good)
    await server.close()
    const error = await errorOf(llm.chat(question))
    expect(error).toMatchObject({ code: 'CONNECTION_FAILED', isRetryable: true })
    expect(retries.map(({ cause }) => cause.code)).toEqual(['CONNECTION_FAILED', 'CONNECTION_FAILED'])
  })

  it('is a plain JSON answer that broke off', async () => {
    const cut: Script = [{ write: 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"cho' }, { end: 'close' }]
    const { llm, retries } = await start(inTurn(cut, chatAnswer('Hello')), { wireMode: 'json' })
    expect((await llm.chat(question)).text).toBe('Hello')
    expect(retries).toMatchObject([{ cause: { code: 'STREAM_TRUNCATED' } }])
  })
})

function openThenClosed(): Script {
  return [...openStream(chatChunk({ content: 'Hel' })), { end: 'close' }]
}

describe('how often', () => {
  it.each([
    [undefined, 3],
    [0, 1],
    [1, 2],
    [4, 5],
  ])('with maxRetries %s: %i requests', async (maxRetries, count) => {
    const { server, llm } = await start(detail(503, 'overloaded'), { maxRetries })
    expect(await errorOf(llm.chat(question))).toMatchObject({
      code: 'SERVER_ERROR',
      status: 503,
      partial: { text: '' },
    })
    expect(server.requestsTo(chatRoute)).toHaveLength(count)
  })

  it('each call has its own count', async () => {
    const { server, llm } = await start(detail(503, 'overloaded'), { maxRetries: 1 })
    await Promise.all([errorOf(llm.chat(question)), errorOf(llm.chat(question))])
    expect(server.requestsTo(chatRoute)).toHaveLength(4)
  })

  it('a call that is aborted while it waits sends nothing more', async () => {
    const server = await startXinference({ chat: detail(503, 'overloaded') })
    const runtime = new ManualRuntime()
    const llm = connect(server, { modelDescription: listedModel }, runtime)
    const controller = new AbortController()
    llm.callbackManager.on('retry', () => queueMicrotask(() => controller.abort()))
    expect(await errorOf(llm.chat(question, { signal: controller.signal }))).toMatchObject({ code: 'ABORTED' })
    runtime.advance(60_000)
    await new Promise(setImmediate)
    expect(server.requestsTo(chatRoute)).toHaveLength(1)
  })
})

describe('when', () => {
  it('grows with each attempt and has an element of chance', async () => {
    const { llm, retries } = await start(detail(503, 'overloaded'), { maxRetries: 7 })
    await errorOf(llm.chat(question))
    // Chance is one half here: 0.1 + 0.9 * 0.5 of 500 ms, doubled up to 8 s.
    expect(retries.map(({ delayMs }) => delayMs)).toEqual([275, 550, 1100, 2200, 4400, 4400, 4400])
  })

  it.each([
    ['seconds', '2', 2100],
    ['decimal seconds', '0.5', 525],
    ['nothing at all', '0', 0],
    ['a time that has passed', 'Wed, 21 Oct 2015 07:28:00 GMT', 0],
    ['garbage', 'soon', 275],
    ['a negative number', '-5', 275],
    ['an empty value', '', 275],
  ])('is up to the server: %s in Retry-After', async (_name, value, delayMs) => {
    const { llm, retries } = await start(inTurn(detail(429, 'Rate limit reached', { 'retry-after': value }), good))
    await llm.chat(question)
    expect(retries[0]?.delayMs).toBeCloseTo(delayMs)
  })

  it('is up to the server: an HTTP date in Retry-After', async () => {
    const date = new Date(Date.now() + 20_000).toUTCString()
    const { llm, retries } = await start(inTurn(detail(503, 'overloaded', { 'retry-after': date }), good))
    await llm.chat(question)
    expect(retries[0]?.cause.retryAfterMs).toBeGreaterThan(10_000)
    expect(retries[0]?.cause.retryAfterMs).toBeLessThanOrEqual(20_000)
  })

  it('is never, when the server asks for more patience than a call has', async () => {
    const { server, llm, retries } = await start(detail(429, 'Rate limit reached', { 'retry-after': '86400' }))
    expect(await errorOf(llm.chat(question))).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 86_400_000 })
    expect(retries).toEqual([])
    expect(server.requestsTo(chatRoute)).toHaveLength(1)
  })
})

describe('a model that is loading', () => {
  const busy = detail(503, loading, { 'retry-after': '30' })

  it('is waited for, without counting as a retry', async () => {
    const { server, llm, retries, waits } = await start(inTurn(busy, busy, busy, busy, good), { maxRetries: 0 })
    expect((await llm.chat(question)).text).toBe('Hello')
    expect(retries).toEqual([])
    // Sooner than the server asks: it says 30 s whatever is left.
    expect(waits.map(({ delayMs, waitedMs }) => [delayMs, waitedMs])).toEqual([
      [1000, 1000],
      [2000, 3000],
      [4000, 7000],
      [5000, 12_000],
    ])
    expect(waits[0]?.cause).toMatchObject({ code: 'MODEL_LOADING', retryAfterMs: 30_000 })
    expect(server.requestsTo(chatRoute)).toHaveLength(5)
  })

  it('is waited for no longer than waitTimeoutMs', async () => {
    const { server, llm, waits } = await start(busy, { waitTimeoutMs: 4000 })
    expect(await errorOf(llm.chat(question))).toMatchObject({ code: 'MODEL_LOADING', status: 503 })
    expect(waits.map(({ delayMs }) => delayMs)).toEqual([1000, 2000])
    expect(server.requestsTo(chatRoute)).toHaveLength(3)
  })

  it('is not waited for with waitTimeoutMs: 0', async () => {
    const { llm, waits } = await start(busy, { waitTimeoutMs: 0 })
    expect(await errorOf(llm.chat(question))).toMatchObject({ code: 'MODEL_LOADING' })
    expect(waits).toEqual([])
  })

  it('leaves the retries to what comes after', async () => {
    const { llm, retries, waits } = await start(inTurn(busy, detail(503, 'overloaded'), busy, good), { maxRetries: 1 })
    const { text, timings } = await llm.chat(question)
    expect([text, timings.attempts, retries.length, waits.length]).toEqual(['Hello', 4, 1, 2])
  })

  it('is one whose process died and is being made again (server 4.1.0)', async () => {
    const stopping = detail(500, '[address=127.0.0.1:1, pid=7] Model my-qwen-rep0 is in stopping state')
    const { llm, waits } = await start(inTurn(stopping, good))
    expect((await llm.chat(question)).text).toBe('Hello')
    expect(waits).toHaveLength(1)
  })

  it('can be given up by the caller', async () => {
    const server = await startXinference({ chat: busy })
    const runtime = new ManualRuntime()
    const llm = connect(server, { modelDescription: listedModel }, runtime)
    const controller = new AbortController()
    llm.callbackManager.on('waiting', () => queueMicrotask(() => controller.abort()))
    expect(await errorOf(llm.chat(question, { signal: controller.signal }))).toMatchObject({ code: 'ABORTED' })
  })
})
