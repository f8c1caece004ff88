import { afterEach, describe, expect, it } from 'vitest'

import { createServer, type LLMServer } from '../index.js'
import type { ServeOptions } from '../serve-options.js'
import {
  createGate,
  openSocket,
  post,
  type Reply,
  ScriptedModel,
  send,
  type Step,
} from '../../../test/support/scripted-model.js'

let server: LLMServer

afterEach(() => server.close())

async function start(options: ServeOptions = {}, model: ScriptedModel = new ScriptedModel()): Promise<void> {
  server = await createServer({ llm: model, port: 0, drainMs: 0, ...options })
}

async function expectDetail(reply: Promise<Reply>, status: number, detail: string | RegExp): Promise<void> {
  const answer = await reply
  expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/json'])
  const body = JSON.parse(answer.text) as { detail: string }
  expect(body).toEqual({ detail: typeof detail === 'string' ? detail : expect.stringMatching(detail) })
}

const body = { model: 'demo', messages: [{ role: 'user', content: 'Hi' }] }
const chat = (given: unknown = body): Promise<Reply> => send(server.port, 'POST', '/v1/chat/completions', given)
const get = (path: string): Promise<Reply> => send(server.port, 'GET', path)

describe('the events of a model', () => {
  const events = async (uid: string): Promise<unknown> => JSON.parse((await get(`/v1/models/${uid}/events`)).text)

  it('have its launch and its failures, and no client that went', async () => {
    let calls = 0
    const steps = (): Iterable<Step> => (calls++ === 0 ? [new Error('out of memory')] : [createGate().passed])
    const model = new ScriptedModel(steps)
    await start({}, model)
    await chat({ ...body, stream: true })
    const client = await openSocket(server.port, post('/v1/chat/completions', body))
    while (model.calls.length < 2) await new Promise((resolve) => setImmediate(resolve))
    client.socket.destroy()
    await model.aborted
    const event_ts = expect.closeTo(Date.now() / 1000, -2) as number
    expect(await events('demo')).toEqual([
      { event_type: 'INFO', event_ts, event_content: 'Launch model' },
      {
        event_type: 'ERROR',
        event_ts,
        event_content: expect.stringMatching(/^\[address=.*\] out of memory$/) as string,
      },
    ])
    expect(await events('nope')).toEqual([])
  })

  it('are the last hundred', async () => {
    let calls = 0
    await start({}, new ScriptedModel(() => [new Error(`failure ${calls++}`)]))
    for (let call = 0; call < 101; call++) await chat()
    const kept = (await events('demo')) as { event_content: string }[]
    expect(kept).toHaveLength(100)
    expect(kept[0]?.event_content).toMatch(/failure 1$/)
  })
})

describe('the limit of a model', () => {
  it('counts an open stream until its client goes', async () => {
    const model = new ScriptedModel([createGate().passed])
    await start({ limits: { maxModelRequests: 1 } }, model)
    const client = await openSocket(server.port, post('/v1/chat/completions', { ...body, stream: true }))
    await model.asked
    await expectDetail(chat(), 429, 'Rate limit reached')
    expect((await chat({ ...body, stream: true })).text).toBe('data: {"error": "Rate limit reached"}\r\n\r\n')
    const reason = /^\[address=.*\] Rate limit reached for the model\. Request limit 1 for the model: demo$/
    await expectDetail(send(server.port, 'POST', '/v1/completions', { model: 'demo', prompt: 'a' }), 429, reason)
    expect(model.calls).toHaveLength(1)
    client.socket.destroy()
    await model.aborted
    const next = await openSocket(server.port, post('/v1/chat/completions', { ...body, stream: true }))
    while (model.calls.length < 2) await new Promise((resolve) => setImmediate(resolve))
    next.socket.destroy()
  })
})

describe('a server without a key', () => {
  it.each([
    ['POST', '/v1/models'],
    ['DELETE', '/v1/models/demo'],
    ['POST', '/v1/models/demo/cancel'],
    ['POST', '/v1/model_registrations/LLM'],
    ['GET', '/v1/cluster/version'],
  ])('refuses %s %s and says what it does', async (method, path) => {
    await start()
    await expectDetail(
      send(server.port, method, path),
      403,
      /^headrace serve serves the models that it was started with/,
    )
  })

  it('has no accounts', async () => {
    await start()
    await expectDetail(get('/v1/admin/setup/status'), 404, 'Not Found')
    await expectDetail(send(server.port, 'POST', '/token', {}), 405, 'Method Not Allowed')
  })
})
