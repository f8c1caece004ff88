/** Quirks 16, 18 to 22 and 24: models that die, load, are missing or busy, and connections that go. */
import { describe, expect, it } from 'vitest'

import type { ChatStreamPart } from '../../src/index.js'
import { fixture } from '../support/fixtures.js'
import { detail, json, openStream, streamOf } from '../support/http-bytes.js'
import { connectImpatient } from '../support/impatient-model.js'
import { ImpatientRuntime } from '../support/impatient-runtime.js'
import { errorOf } from '../support/outcome-of.js'
import { type Answer, inTurn, type Script } from '../support/scripted-server.js'
import {
  chatAnswer,
  chatChunk,
  chatRoute,
  chatStream,
  startServer,
  startXinference,
} from '../support/xinference-server.js'
import { clientOf } from '../xinference-client/account-server.js'

const question = [{ role: 'user', content: 'Hello?' }] as const
const good = chatStream('Hello')
const speaking: Script = [...openStream(chatChunk({ content: 'Hel' }), chatChunk({ content: 'lo' })), { end: 'hang' }]

async function start(chat: Answer, options = {}) {
  const server = await startXinference({ chat })
  return { server, ...(await connectImpatient(server, options)) }
}

describe('quirk 16: the process of a model dies, and is made again under the same uid', () => {
  const died = 'data: {"error": "Remote server 127.0.0.1:41233 closed"}\r\n\r\n'
  const missing = detail(404, 'Model not found in the model list, uid: my-qwen')

  it('in the middle of an answer: an error with the text so far, and no second request', async () => {
    const { server, llm, retries } = await start(
      inTurn(streamOf(fixture('xinference-3.2.1-worker-dies-chat.sse')), good),
    )
    expect(await errorOf(llm.chat(question))).toMatchObject({
      code: 'SERVER_ERROR',
      partial: { text: 'Hello' },
      message: expect.stringContaining('Remote server 127.0.0.1:41233 closed'),
    })
    expect(retries).toEqual([])
    expect(server.requestsTo(chatRoute)).toHaveLength(1)
  })

  it('before the first token: asked again, while it is missing and while it loads', async () => {
    const loading = detail(503, 'Model is loading, please retry later: my-qwen', { 'retry-after': '30' })
    const { llm, retries, waits } = await start(inTurn(streamOf(died), missing, loading, good))
    const { text, timings } = await llm.chat(question)
    expect([text, timings.attempts]).toEqual(['Hello', 4])
    expect(retries.map(({ cause }) => cause.code)).toEqual(['SERVER_ERROR', 'MODEL_NOT_FOUND'])
    expect(waits.map(({ cause }) => cause.code)).toEqual(['MODEL_LOADING'])
  })

  it('in the words of a plain answer', async () => {
    const bad = detail(500, '[address=127.0.0.1:41233, pid=7] Remote server 127.0.0.1:41233 closed')
    const { llm, retries } = await start(inTurn(bad, chatAnswer('Hello')), { wireMode: 'json' })
    expect((await llm.chat(question)).text).toBe('Hello')
    expect(retries).toHaveLength(1)
  })

  it('but a model that is missing at once is missing', async () => {
    const { server, llm } = await start(inTurn(missing, good))
    expect(await errorOf(llm.chat(question))).toMatchObject({ code: 'MODEL_NOT_FOUND' })
    expect(server.requestsTo(chatRoute)).toHaveLength(1)
  })
})

describe('quirk 18: a failed launch leaves its uid taken', () => {
  const launchRoute = 'POST /v1/models?wait_ready=false'
  const endRoute = 'DELETE /v1/models/a'
  const taken = detail(400, 'Model is already in the model list, uid: a')
  const launched = json(200, { model_uid: 'a' })
  const replica = (status: string): Script => json(200, [{ replica_id: 0, replica_model_uid: 'a-rep0', status }])
  const launch = { modelName: 'tiny', modelUid: 'a', modelEngine: 'llama.cpp' }

  it.each([
    ['replicas', { 'GET /v1/models/a/replicas': replica('ERROR') }],
    ['instances, on a server before 2', { 'GET /v1/models/instances?model_uid=a': replica('ERROR') }],
  ])('which is ended, and launched again, where its %s say so', async (_what, state) => {
    const server = await startServer({
      routes: { [launchRoute]: inTurn(taken, launched), [endRoute]: json(200, null), ...state },
    })
    expect(await clientOf(server).launchModel(launch)).toBe('a')
    expect(server.requestsTo(endRoute)).toHaveLength(1)
    expect(server.requestsTo(launchRoute)).toHaveLength(2)
  })

  it.each([['READY'], ['LOADING']])('while a model that is %s stays', async (status) => {
    const server = await startServer({
      routes: { [launchRoute]: taken, 'GET /v1/models/a/replicas': replica(status) },
    })
    expect(await errorOf(clientOf(server).launchModel(launch))).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('terminateModel'),
    })
    expect(server.requestsTo(endRoute)).toEqual([])
  })
})

describe('quirk 19: a model that loads is 503 since server 2.11, and 400 or 500 before', () => {
  it.each([
    ['503', detail(503, 'Model is loading, please retry later: my-qwen', { 'retry-after': '30' })],
    ['400', detail(400, 'Model my-qwen is not ready')],
    ['500', detail(500, '[address=127.0.0.1:41233, pid=7] Model my-qwen is launching')],
    ['an event', streamOf('data: {"error": "Model is loading, please retry later"}\r\n\r\n')],
  ] as readonly (readonly [string, Script])[])('is waited for: %s', async (_what, loading) => {
    const { llm, retries, waits } = await start(inTurn(loading, loading, good), { maxRetries: 0 })
    expect((await llm.chat(question)).text).toBe('Hello')
    expect(waits.map(({ cause }) => cause.code)).toEqual(['MODEL_LOADING', 'MODEL_LOADING'])
    expect(retries).toEqual([])
  })
})

describe('quirk 20: for 10 s a server remembers that it did not have a model', () => {
  const miss = 'Model not found in the model list, uid: my-qwen'
  const remembered = detail(404, `${miss} (cached, retry after 10.0s)`)

  it('so a call asks the list, and waits where the model is there', async () => {
    const { llm, waits } = await start(inTurn(remembered, remembered, good))
    expect((await llm.chat(question)).text).toBe('Hello')
    expect(waits.map(({ cause }) => cause.code)).toEqual(['MODEL_LOADING', 'MODEL_LOADING'])
  })

  it('and a model that the list has not is missing', async () => {
    const server = await startXinference({ chat: remembered, model: { id: 'other' } })
    const { llm, waits } = await connectImpatient(server)
    expect(await errorOf(llm.chat(question))).toMatchObject({ code: 'MODEL_NOT_FOUND', available: ['other'] })
    expect(waits).toEqual([])
  })

  it('and who waits for a launch believes no miss before that', async () => {
    const twelveMisses = Array.from({ length: 12 }, () => detail(404, miss))
    const [first, ...more] = twelveMisses as [Script, ...Script[]]
    const ready = json(200, [{ replica_id: 0, replica_model_uid: 'a-rep0', status: 'READY' }])
    const server = await startServer({ routes: { 'GET /v1/models/a/replicas': inTurn(first, ...more, ready) } })
    const runtime = new ImpatientRuntime()
    await clientOf(server, {}, runtime).waitUntilReady('a')
    expect(runtime.now()).toBe(12_000)
  })
})

describe('quirk 21: an open stream counts for the limit of requests until it is closed', () => {
  const limit = detail(429, 'Rate limit reached for the model. Request limit 1 for the model: my-qwen')

  it('so a stream that nobody reads on is closed at once', async () => {
    const { server, llm } = await start(inTurn(speaking, good))
    for await (const _part of llm.streamChat(question)) break
    await server.allSocketsClosed()
    expect((await llm.chat(question)).text).toBe('Hello')
  })

  it('and a request above the limit is sent again, not at once and not at a fixed time', async () => {
    const { llm, retries } = await start(inTurn(limit, limit, good))
    expect((await llm.chat(question)).text).toBe('Hello')
    expect(retries.map(({ cause }) => cause.code)).toEqual(['RATE_LIMITED', 'RATE_LIMITED'])
    // Chance is one half here: 0.1 + 0.9 * 0.5 of 500 ms and of 1 s.
    expect(retries.map(({ delayMs }) => delayMs)).toEqual([275, 550])
  })
})

describe('quirk 22: an idle connection is reset after 5 s, perhaps in the moment in which it is used', () => {
  it.each([['reset'], ['close']] as const)('(%s) is opened anew where nothing was received', async (end) => {
    const { server, llm, retries } = await start(inTurn(good, [{ end }], good))
    await llm.chat(question)
    expect(await llm.chat(question)).toMatchObject({ text: 'Hello', timings: { attempts: 2 } })
    expect(retries).toMatchObject([{ cause: { code: 'CONNECTION_FAILED' } }])
    expect(server.requestsTo(chatRoute)).toHaveLength(3)
  })
})

describe('quirk 24: after a client cancelled, old servers could not go on', () => {
  it('where the connection was kept: ours is closed, and the next call has one of its own', async () => {
    const { server, llm } = await start(inTurn(speaking, good))
    const controller = new AbortController()
    const read = async (): Promise<void> => {
      for await (const _part of llm.streamChat(question, {
        signal: controller.signal,
      }) as AsyncIterable<ChatStreamPart>) {
        controller.abort()
      }
    }
    expect(await errorOf(read())).toMatchObject({ code: 'ABORTED' })
    await server.allSocketsClosed()
    expect((await llm.chat(question)).text).toBe('Hello')
    expect(server.requestsTo(chatRoute).map(({ connection }) => connection)).toEqual([0, 1])
  })
})
