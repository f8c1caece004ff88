/** Failures whose reason the server tells elsewhere: the events of a model, and its list. */
import { describe, expect, it } from 'vitest'

import type { Runtime } from '../../src/contract/runtime.js'
import type { Xinference } from '../../src/index.js'
import {
  chunk,
  detail,
  event,
  html,
  json,
  lastChunk,
  openStream,
  streamHead,
  streamOf,
  whole,
} from '../support/http-bytes.js'
import { fixture } from '../support/fixtures.js'
import { errorOf } from '../support/outcome-of.js'
import { type Answer, inTurn, type Script, type ScriptedServer } from '../support/scripted-server.js'
import {
  chatAnswer,
  chatChunk,
  chatRoute,
  chatStream,
  connect,
  listedModel,
  listRoute,
  modelList,
  realRuntime,
  startXinference,
} from '../support/xinference-server.js'

const question = [{ role: 'user', content: 'Hello?' }] as const
const eventsRoute = 'GET /v1/models/my-qwen/events'
const sentence = 'The chat completion request failed. Check the server logs for details.'
const hiddenStream = streamOf(fixture('xinference-4.1.0-overflow-chat.sse'))
const hiddenJson = detail(500, sentence)
const overflow = (tokens: number): string =>
  `[address=127.0.0.1:35941, pid=17702] request (${tokens} tokens) exceeds the available context size (512 tokens), try increasing it`

interface Noted {
  readonly content: string
  readonly type?: string
  readonly agoMs?: number
}

/** The events of a server whose clock is an hour behind. */
function noted(...events: readonly Noted[]): Script {
  const now = Date.now() - 3_600_000
  const body = events.map(({ content, type = 'ERROR', agoMs = 0 }) => ({
    event_type: type,
    event_ts: Math.floor((now - agoMs) / 1000),
    event_content: content,
  }))
  return json(200, body, { date: new Date(now).toUTCString() })
}

interface Failing {
  readonly server: ScriptedServer
  readonly llm: Xinference
}

async function failing(events: Answer, chat: Answer = hiddenStream, runtime?: Runtime): Promise<Failing> {
  const server = await startXinference({ chat, routes: { [eventsRoute]: events } })
  return { server, llm: await connect(server, { maxRetries: 0 }, runtime).load() }
}

/** Real timers, but for that of the question: it passes when the test says so. */
function patientRuntime(): Runtime & { pass(): void } {
  const real = realRuntime()
  const held = new Set<() => void>()
  return {
    ...real,
    setTimer(callback, delayMs) {
      if (delayMs < 1500 || delayMs > 2000) return real.setTimer(callback, delayMs)
      held.add(callback)
      return () => void held.delete(callback)
    },
    pass() {
      for (const callback of held) callback()
    },
  }
}

describe('a chat whose reason Xinference 4 hides', () => {
  it.each([
    ['stream', hiddenStream],
    ['json', hiddenJson],
  ] as const)('is above the window by the bytes of 4.1.0 (%s)', async (wireMode, chat) => {
    const date = { date: 'Mon, 23 Nov 2026 05:11:16 GMT' }
    const events = whole(200, 'application/json', fixture('xinference-4.1.0-events.json').toString(), date)
    const { server, llm } = await failing(events, chat)
    const error = await errorOf(llm.chat(question, { wireMode }))
    expect(error).toMatchObject({
      code: 'CONTEXT_OVERFLOW',
      message: expect.stringMatching(/request \(1809 tokens\) exceeds the available context size/),
      cause: expect.objectContaining({ code: 'SERVER_ERROR' }),
    })
    expect(error.message).not.toContain('address=')
    expect(server.requestsTo(eventsRoute)).toHaveLength(1)
    expect(await llm.generateOne(question, { wireMode })).toMatchObject({
      outcome: 'too-long',
      cause: { code: 'CONTEXT_OVERFLOW' },
    })
  })

  it('has another reason, and what had arrived', async () => {
    const chat = [...openStream(chatChunk({ content: 'Hel' }), { error: sentence }), { write: lastChunk }]
    const { llm } = await failing(noted({ content: 'CUDA out of memory' }), chat)
    const error = await errorOf(llm.streamChat(question).response())
    expect(error).toMatchObject({
      code: 'SERVER_ERROR',
      isRetryable: false,
      message: 'Xinference failed (500): CUDA out of memory.',
      partial: { text: 'Hel' },
    })
  })

  it('asks with the credential', async () => {
    const { server } = await failing(noted({ content: 'oops' }))
    const llm = connect(server, { apiKey: 'xf-key-1', modelDescription: listedModel, maxRetries: 0 })
    await errorOf(llm.chat(question))
    expect(server.requestsTo(eventsRoute)[0]?.headers['authorization']).toBe('Bearer xf-key-1')
  })

  it('is sent again where the reason may pass', async () => {
    const died = noted({ content: 'Remote server 127.0.0.1:41233 closed' })
    const { server, llm } = await failing(died, inTurn(hiddenStream, chatStream('ok')))
    expect((await llm.with({ maxRetries: 1 }).chat(question)).text).toBe('ok')
    expect(server.requestsTo(chatRoute)).toHaveLength(2)
    expect(server.requestsTo(eventsRoute)).toHaveLength(1)
  })

  it.each([
    ['are not for the key', detail(403, 'Not enough permissions')],
    ['are on no route', detail(404, 'Not Found')],
    ['are a page', html(404)],
    ['are another thing', json(200, { events: [] })],
    ['fail', detail(500, 'oops')],
    ['break off', [{ end: 'reset' }]],
    ['are none', noted()],
    ['are older', noted({ content: overflow(801), agoMs: 20_000 })],
    ['are no errors', noted({ content: overflow(801), type: 'INFO' })],
    ['hide it too', noted({ content: sentence })],
  ] as readonly (readonly [string, Script])[])('stays what it was where the events %s', async (_what, events) => {
    const { server, llm } = await failing(events)
    expect(await errorOf(llm.chat(question))).toMatchObject({
      code: 'SERVER_ERROR',
      message: expect.stringContaining('tells the reason to its log alone'),
    })
    expect(server.requestsTo(eventsRoute)).toHaveLength(1)
  })

  it('stays what it was where the events do not come within 2 s', async () => {
    const runtime = patientRuntime()
    const { server, llm } = await failing([{ end: 'hang' }], hiddenStream, runtime)
    const failure = errorOf(llm.chat(question))
    await server.received(eventsRoute)
    runtime.pass()
    expect(await failure).toMatchObject({ code: 'SERVER_ERROR' })
  })

  it('has the one reason that all have, whatever its numbers', async () => {
    const { llm } = await failing(noted({ content: overflow(801) }, { content: overflow(902), agoMs: 1000 }))
    expect(await errorOf(llm.chat(question))).toMatchObject({ code: 'CONTEXT_OVERFLOW' })
    const other = await failing(noted({ content: 'No room for 12 MiB' }, { content: 'No room for 14 MiB' }))
    expect(await errorOf(other.llm.chat(question))).toMatchObject({
      message: 'Xinference failed (500): No room for 14 MiB.',
    })
  })

  it('is not given the reason of another request', async () => {
    const { llm } = await failing(noted({ content: overflow(801) }, { content: 'CUDA out of memory' }))
    const { outcome, cause } = await llm.generateOne(question)
    expect(outcome).toBe('failed')
    expect(cause?.message).toMatch(/does not tell which .*801 tokens.*; .*CUDA out of memory\.$/)
  })

  it('asks twice at most for a hundred failures within a second', async () => {
    const { server, llm } = await failing(noted({ content: overflow(801) }))
    const results = await Promise.all(Array.from({ length: 100 }, () => llm.generateOne(question)))
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['too-long']))
    expect(server.requestsTo(eventsRoute).length).toBeLessThanOrEqual(2)
  })

  it('may be left by its caller meanwhile', async () => {
    const { server, llm } = await failing([{ end: 'hang' }])
    const stop = new AbortController()
    const failure = errorOf(llm.chat(question, { signal: stop.signal }))
    await server.received(eventsRoute)
    stop.abort()
    expect(await failure).toMatchObject({ code: 'ABORTED' })
  })

  it.each([
    ['succeeds', chatStream('ok')],
    ['tells its reason', detail(500, 'CUDA out of memory')],
    ['tells its reason in the stream', streamOf(event({ error: 'CUDA out of memory' }))],
    ['ends early', [{ write: streamHead }, { write: chunk(event(chatChunk({ content: 'Hel' }))) }, { end: 'close' }]],
    ['is refused', detail(400, 'Only {} support tool calls')],
  ] as readonly (readonly [string, Script])[])('is not a chat that %s: nothing is asked', async (_what, chat) => {
    const { server, llm } = await failing(noted({ content: overflow(801) }), chat)
    await llm.generateOne(question)
    expect(server.requestsTo(eventsRoute)).toEqual([])
  })
})

describe('a model that the server remembers not to have', () => {
  const cached = detail(404, 'Model not found in the model list, uid: my-qwen (cached, retry after 0.05s)')
  const elsewhere = { ...listedModel, id: 'other' }
  const asking = async (list: Answer, chat: Answer): Promise<Failing> => {
    const server = await startXinference({ chat, routes: { [listRoute]: list } })
    return { server, llm: connect(server, { modelDescription: listedModel, maxRetries: 0 }) }
  }

  it('is waited for when the list has it', async () => {
    const { server, llm } = await asking(modelList(listedModel), inTurn(cached, chatAnswer('ok')))
    expect((await llm.chat(question)).text).toBe('ok')
    expect(server.requestsTo(chatRoute)).toHaveLength(2)
    expect(server.requestsTo(listRoute)).toHaveLength(1)
  })

  it('is waited for no longer than waitTimeoutMs', async () => {
    const { llm } = await asking(modelList(listedModel), cached)
    const error = await errorOf(llm.with({ waitTimeoutMs: 60 }).chat(question))
    expect(error).toMatchObject({ code: 'MODEL_LOADING', message: expect.stringContaining('lists my-qwen') })
  })

  it('is missing when the list has it not', async () => {
    const { server, llm } = await asking(modelList(elsewhere), cached)
    expect(await errorOf(llm.chat(question))).toMatchObject({
      code: 'MODEL_NOT_FOUND',
      available: ['other'],
      status: 404,
    })
    expect(server.requestsTo(chatRoute)).toHaveLength(1)
  })

  it.each([
    ['fails', detail(500, 'oops')],
    ['is not for the key', detail(403, 'Not enough permissions')],
  ])('is missing when the list %s', async (_what, list) => {
    const { llm } = await asking(list, cached)
    expect(await errorOf(llm.chat(question))).toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: expect.stringContaining('cached'),
    })
  })

  it('is not looked for again when the server has looked', async () => {
    const { server, llm } = await asking(
      modelList(listedModel),
      detail(404, "Model not found in the model list, uid: my-qwen. Available model uids: ['other']"),
    )
    expect(await errorOf(llm.chat(question))).toMatchObject({ code: 'MODEL_NOT_FOUND', available: ['other'] })
    expect(server.requestsTo(listRoute)).toEqual([])
  })
})
