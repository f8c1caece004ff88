/** A key goes to the host that it is for, and nowhere else: a marked one is looked for in everything that comes out. */
import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { Xinference, type XinferenceOptions } from '../../src/index.js'
import { detail, head, html, json, openStream, plainText, stream, whole } from '../support/http-bytes.js'
import { expectNoSecret, visible } from '../support/no-secret.js'
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
  realRuntime,
  startServer,
  startXinference,
} from '../support/xinference-server.js'

const question = [{ role: 'user', content: 'Hello?' }] as const
const key = 'xf-MARKED0123456789'
/** Quotes and backslashes are written differently in JSON. */
const header = 'MARKED "quoted" \\ value'
const credentials: Partial<XinferenceOptions> = { apiKey: key, headers: { 'x-gateway': header, 'x-org': 'MARKED-org' } }

/** What a careless server does with the headers of a request. */
const echo = `headers were {"authorization": "Bearer ${key}", "x-gateway": ${JSON.stringify(header)}, "x-org": "MARKED-org"} ${key} ${header}`

const echoes: readonly (readonly [name: string, script: Script])[] = [
  ['a refusal', detail(401, `Could not validate credentials: ${echo}`)],
  ['a missing right', detail(403, echo)],
  ['a missing model', detail(404, `Model not found in the model list, uid: ${key}. Available model uids: ['${key}']`)],
  ['a missing route', detail(404, echo)],
  ['a ban', detail(429, `Too many failed attempts for this key. ${echo}`)],
  ['a rate limit', detail(429, echo)],
  ['a failure', detail(500, echo)],
  ['a failure as text', plainText(500, `Internal Server Error: 1 validation error ${echo}`)],
  ['an error object', json(400, { error: { message: echo, type: echo } })],
  ['a body that is no detail at all', json(400, { [key]: header })],
  ['a web page', html(404, `<!doctype html>${echo}`)],
  ["a gateway's page", html(502, `<!doctype html>${echo}`)],
  ['a redirect', [{ write: head(307, { location: `http://127.0.0.1:1/?token=${key}`, 'content-length': '0' }) }]],
  ['an answer that is not JSON', whole(200, 'text/plain', `${key} ${echo}`)],
  ['an answer that is not its protocol', json(200, { [key]: echo })],
]

const streamEchoes: readonly (readonly [name: string, script: Script])[] = [
  ['an error in a stream', stream({ error: echo })],
  ['an error object in a stream', stream({ error: { message: echo } })],
  ['a rate limit in a stream', stream({ error: `429: ${echo}` })],
  ['an event that is not JSON', stream(`{${key} ${echo}`)],
  ['an event that is no object', stream(JSON.stringify(key))],
  ['an error in the middle', stream(chatChunk({ content: 'Hi' }), { error: echo })],
  ['a cut', [...openStream(chatChunk({ content: 'Hi' })), { end: 'close' }]],
  ['a reset', [{ end: 'reset' }]],
  ['no HTTP', [{ write: `220 ${key} ESMTP\r\n\r\n` }, { end: 'close' }]],
]

describe('a secret', () => {
  it.each([...echoes, ...streamEchoes])('is not in the error that comes of %s', async (_name, script) => {
    const server = await startXinference({ chat: script })
    const runtime = realRuntime({ HEADRACE_LOG: 'debug' })
    const events: unknown[] = []
    for (const injected of [undefined, fetch]) {
      const llm = connect(
        server,
        { ...credentials, modelDescription: listedModel, maxRetries: 0, waitTimeoutMs: 0, fetch: injected },
        runtime,
      )
      for (const name of ['llm-start', 'llm-end', 'llm-error', 'llm-stream', 'retry', 'waiting'] as const) {
        llm.callbackManager.on(name, (heard) => events.push(heard))
      }
      const error = await errorOf(llm.chat(question))
      expect(error.message).not.toBe('')
      expectNoSecret(error)
      expectNoSecret(await llm.generateOne(question, { wireMode: 'json' }))
    }
    expect(server.requestsTo(chatRoute)[0]?.headers).toMatchObject({
      authorization: `Bearer ${key}`,
      'x-gateway': header,
    })
    // A refused key is not sent again: the second call of each model then never begins.
    expect([4, 8]).toContain(events.length)
    expectNoSecret(events)
    expect(runtime.lines.length).toBeGreaterThanOrEqual(events.length)
    expectNoSecret(runtime.lines)
  })

  it.each(echoes)('is not in the error that comes of %s while loading', async (_name, script) => {
    const server = await startXinference({ routes: { [listRoute]: script } })
    const runtime = realRuntime({ HEADRACE_LOG: 'debug' })
    expectNoSecret(await errorOf(connect(server, credentials, runtime).load()))
    // A line for each request and one for each answer, the retried ones included.
    expect(runtime.lines).toHaveLength(2 * server.requests.length)
    expectNoSecret(runtime.lines)
  })

  it.each(echoes)('is not in the error that comes of %s while the key is proven', async (_name, script) => {
    const server = await startXinference({ routes: { [listRoute]: script } })
    const llm = connect(server, { ...credentials, modelDescription: listedModel, maxRetries: 0, waitTimeoutMs: 0 })
    const outcome = await llm.chat(question).catch((error: unknown) => error)
    expectNoSecret(outcome)
  })

  it('is in nothing that a model shows of itself', async () => {
    const server = await startXinference()
    const llm = await connect(server, credentials).load()
    expectNoSecret(llm)
    expectNoSecret(llm.toJSON())
    expectNoSecret({ models: [llm] })
    expectNoSecret(await llm.chat(question))
    expect(inspect(llm)).toContain('my-qwen')
  })

  it('is in no line of the debug log, and the rest of a request is', async () => {
    const text = `${'x'.repeat(3990)}${key}`
    const server = await startXinference({ chat: chatStream(text) })
    const runtime = realRuntime({ HEADRACE_LOG: 'debug' })
    const llm = connect(server, credentials, runtime)
    // The key is cut where the log cuts a long body.
    await llm.chat([{ role: 'user', content: text }])
    await llm.chat([{ role: 'user', content: `my key is ${key}` }])
    const log = runtime.lines.join('\n')
    expect(log).toContain('POST')
    expect(log).toContain('/v1/chat/completions')
    expect(log).toContain('"authorization":"[redacted]"')
    expect(log).toContain('my key is [redacted]')
    expect(log).toMatch(/#1 < 200 .* bytes .*my-qwen/)
    expect(log).not.toMatch(/MARK/)
    expect(log).not.toMatch(/xf-/)
  })

  it('is in no excerpt that cuts it', async () => {
    let body = ''
    let status = 200
    const llm = connect(
      { url: 'http://127.0.0.1:1' },
      {
        ...credentials,
        modelDescription: listedModel,
        maxRetries: 0,
        fetch: async (url) =>
          url.endsWith('/v1/models')
            ? Response.json({ data: [] })
            : new Response(body, { status, headers: { 'content-type': 'text/event-stream' } }),
      },
    )
    const messages = new Set<string>()
    for (let offset = 0; offset < 520; offset += 7) {
      const text = `${'y'.repeat(offset)}${key}`
      for (const [nextStatus, nextBody, wireMode] of [
        [500, JSON.stringify({ detail: text }), 'stream'],
        [500, text, 'stream'],
        [200, `data: ${text}\n\n`, 'stream'],
        [200, `data: ${JSON.stringify({ error: text })}\n\n`, 'stream'],
        [200, text, 'json'],
        [200, JSON.stringify({ [text]: 1 }), 'json'],
      ] as const) {
        status = nextStatus
        body = nextBody
        const error = await errorOf(llm.chat(question, { wireMode }))
        messages.add(error.message)
        expect(visible(error)).not.toMatch(/xf-|xf"|MARK/)
      }
    }
    expect(messages.size).toBeGreaterThan(50)
  })

  it('leaves no trace without HEADRACE_LOG', async () => {
    const server = await startXinference()
    const runtime = realRuntime({ HEADRACE_LOG: '1' })
    await connect(server, credentials, runtime).chat(question)
    expect(runtime.lines).toEqual([])
  })

  it('is read from the environment, and its reference is what JSON holds', async () => {
    const server = await startXinference()
    const runtime = realRuntime({ GATEWAY_KEY: key, ORG: 'MARKED-org' })
    const llm = connect(server, { apiKey: { env: 'GATEWAY_KEY' }, headers: { 'X-Org': { env: 'ORG' } } }, runtime)
    await llm.load()
    expect(server.requests[0]?.headers).toMatchObject({ authorization: `Bearer ${key}`, 'x-org': 'MARKED-org' })
    expect(llm.toJSON().config).toMatchObject({
      apiKey: { env: 'GATEWAY_KEY' },
      headers: { 'X-Org': { env: 'ORG' } },
    })
  })

  it('that the environment does not have is an error that names the variable', async () => {
    const server = await startXinference()
    const error = await errorOf(connect(server, { apiKey: { env: 'GATEWAY_KEY' } }).load())
    expect(error).toMatchObject({
      code: 'INVALID_OPTION',
      option: 'apiKey',
      message: expect.stringContaining('GATEWAY_KEY'),
    })
    const other = await errorOf(connect(server, { headers: { 'x-org': { env: 'ORG' } } }).load())
    expect(other).toMatchObject({ code: 'INVALID_OPTION', option: 'headers.x-org' })
    expect(server.connectionCount).toBe(0)
  })

  it.each([
    ['a line break at its end', `${key}\n`],
    ['a line break inside', `${key}\r\nx: y`],
    ['a control character', `${key}\u0000`],
    ['a character beyond Latin-1', `${key}ключ`],
  ])('with %s is refused before anything is sent, unseen', async (_name, apiKey) => {
    for (const injected of [undefined, fetch]) {
      for (const options of [{ apiKey }, { headers: { 'x-gateway': apiKey } }]) {
        const server = await startXinference()
        const error = await errorOf(connect(server, { ...options, fetch: injected, maxRetries: 0 }).load())
        expect(error).toMatchObject({ code: 'INVALID_OPTION' })
        expectNoSecret(error)
        expect(server.connectionCount).toBe(0)
      }
    }
  })

  it.each([
    'http://user:MARKED@127.0.0.1:9997',
    'http://user:MARKED@127.0.0.1:99999',
    'user:MARKED@127.0.0.1',
    'http://user:MARKED@',
    'http://127.0.0.1:9997?key=MARKED',
    'http://127.0.0.1:9997/#MARKED',
    'http:/user:MARKED@ho st',
  ])('in the endpoint %s is refused, unseen', (endpoint) => {
    let error: unknown
    try {
      new Xinference({ modelUid: 'x', endpoint })
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ code: 'INVALID_OPTION', option: 'endpoint' })
    expectNoSecret(error)
  })

  it.each([302, 307, 308])('does not follow a redirect (%i) to another host', async (status) => {
    const elsewhere = await startXinference()
    const redirect: Script = [
      { write: head(status, { location: `${elsewhere.url}/v1/chat/completions`, 'content-length': '0' }) },
    ]
    const server = await startXinference({ chat: redirect, routes: {} })
    for (const injected of [undefined, fetch]) {
      const llm = connect(server, { ...credentials, modelDescription: listedModel, fetch: injected })
      const error = await errorOf(llm.chat(question))
      expect(error).toMatchObject({ code: 'WRONG_SERVER', status, message: expect.stringContaining(elsewhere.url) })
    }
    const gate = await startServer({ routes: { '*': redirect } })
    expect(await errorOf(connect(gate, credentials).load())).toMatchObject({
      code: 'WRONG_SERVER',
      message: expect.stringContaining(elsewhere.url),
    })
    expect(elsewhere.connectionCount).toBe(0)
  })

  it('goes with a call to the models of a list', async () => {
    const server = await startXinference({ routes: { [listRoute]: modelList(listedModel) } })
    await connect(server, credentials).chat(question)
    expect(server.requests.map(({ headers }) => headers['authorization'])).toEqual([`Bearer ${key}`, `Bearer ${key}`])
  })

  it('goes over nothing but its own header', async () => {
    const server = await startXinference()
    await connect(server, credentials).chat(question)
    for (const { path, body, headers } of server.requests) {
      expect(path + body).not.toContain('MARKED')
      const { authorization: _a, 'x-gateway': _g, 'x-org': _o, ...rest } = headers
      expect(JSON.stringify(rest)).not.toContain('MARKED')
    }
  })
})
