import { afterEach, describe, expect, it } from 'vitest'

import { ContextOverflowError } from '../../errors/context-overflow-error.js'
import { ModelLoadingError } from '../../errors/model-loading-error.js'
import { RateLimitError } from '../../errors/rate-limit-error.js'
import { UnsupportedOptionError } from '../../errors/unsupported-option-error.js'
import type { LLMServer } from '../index.js'
import type { ServeOptions } from '../serve-options.js'
import { startServer } from '../server.js'
import { openSocket, post, type Reply, ScriptedModel, send } from '../../../test/support/scripted-model.js'

let server: LLMServer
let now = 0

afterEach(() => server.close())

async function start(options: ServeOptions = {}, model: ScriptedModel = new ScriptedModel()): Promise<void> {
  now = 1000
  server = await startServer({ llm: model, port: 0, drainMs: 0, ...options }, { now: () => now })
}

async function expectDetail(reply: Promise<Reply>, status: number, detail: string | RegExp): Promise<Reply> {
  const answer = await reply
  expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/json'])
  const body = JSON.parse(answer.text) as { detail: string }
  expect(body).toEqual({ detail: typeof detail === 'string' ? detail : expect.stringMatching(detail) })
  return answer
}

const body = { model: 'demo', messages: [{ role: 'user', content: 'Hi' }] }
const chat = (given: unknown = body, headers = {}): Promise<Reply> =>
  send(server.port, 'POST', '/v1/chat/completions', given, headers)
const get = (path: string, headers = {}): Promise<Reply> => send(server.port, 'GET', path, undefined, headers)

describe('paths and methods', () => {
  it('answers the open routes', async () => {
    await start()
    now += 2500
    expect(JSON.parse((await get('/status')).text)).toEqual({ uptime: 2, workers: {} })
    expect((await get('/v1/cluster/auth?x=1')).text).toBe('{"auth":false}')
    expect((await get('/v1/address')).text).toBe(`"127.0.0.1:${server.port}"`)
  })

  it.each([
    ['GET', '/v1/nothing', 404],
    ['GET', '/v1/models/', 404],
    ['GET', '/v1/models/demo/', 404],
    ['GET', '/v1/v1/models', 404],
    ['GET', '/v1/chat/completions', 404],
    ['POST', '/v1/nothing', 405],
    ['POST', '/v1/chat/completions/', 405],
    ['PUT', '/v1/models', 405],
    ['PATCH', '/v1/models/demo', 405],
    ['OPTIONS', '/v1/completions', 405],
  ])('%s %s is %i', async (method, path, status) => {
    await start()
    await expectDetail(send(server.port, method, path), status, status === 404 ? 'Not Found' : 'Method Not Allowed')
  })

  it('refuses HEAD, and says what is allowed', async () => {
    await start()
    const { status, headers } = await send(server.port, 'HEAD', '/status')
    expect([status, headers.allow]).toEqual([405, 'GET'])
  })

  it.each(['//v1/models', '/', '/v2/models'])('answers %s with a web page', async (path) => {
    await start()
    const { status, headers } = await get(path)
    expect([status, headers['content-type']]).toEqual([404, 'text/html; charset=utf-8'])
  })
})

describe('a wrong body', () => {
  it.each([
    ['no model', { messages: [] }, 'model\n  field required'],
    ['null', { ...body, temperature: null }, 'temperature\n  none is not an allowed value'],
    ['out of range', { ...body, max_tokens: 0 }, 'greater than or equal to 1'],
    ['the old form', { model: 'demo', prompt: 'Hi', chat_history: [] }, 'messages\n  field required'],
  ])('%s is plain text with status 500', async (_, given, text) => {
    await start()
    const reply = await chat(given)
    expect([reply.status, reply.headers['content-type']]).toEqual([500, 'text/plain; charset=utf-8'])
    expect(reply.text).toMatch(/^Internal Server Error: \d validation errors? for CreateChatCompletion\n/)
    expect(reply.text).toContain(text)
  })

  it('is so on the completion route', async () => {
    await start()
    const { status, text } = await send(server.port, 'POST', '/v1/completions', { model: 'demo', prompt: ['a'] })
    expect([status, text]).toEqual([
      500,
      'Internal Server Error: 1 validation error for CreateCompletionRequest\nprompt\n  str type expected (type=type_error.str)',
    ])
  })

  it('is so when it is no JSON', async () => {
    await start()
    expect(await chat('')).toMatchObject({
      status: 500,
      text: 'Internal Server Error: Expecting value: line 1 column 1 (char 0)',
    })
    expect(await chat('{"model": ')).toMatchObject({
      status: 500,
      text: expect.stringMatching(/^Internal Server Error: \S/),
    })
  })

  it('is not a matter of the content type', async () => {
    await start()
    expect((await chat(body, { 'content-type': 'text/plain' })).status).toBe(200)
  })
})

describe('a request that is refused', () => {
  it('for its model, in other words the second time', async () => {
    await start()
    const unknown = { ...body, model: 'nope' }
    const first =
      /^\[address=127\.0\.0\.1:\d+, pid=\d+\] Model not found in the model list, uid: nope\. Available model uids: \['demo'\]$/
    const again = 'Model not found in the model list, uid: nope (cached, retry after 10.0s)'
    await expectDetail(chat(unknown), 404, first)
    await expectDetail(chat({ ...unknown, stream: true }), 404, again)
    now += 10_000
    await expectDetail(send(server.port, 'POST', '/v1/completions', { model: 'nope', prompt: 'a' }), 404, first)
  })

  it('for its uid in the path', async () => {
    await start()
    await expectDetail(get('/v1/models/nope'), 400, /^\[address=.*\] Model not found in the model list, uid: nope$/)
  })

  it('for what cannot be', async () => {
    await start()
    await expectDetail(chat({ ...body, messages: [] }), 400, 'Invalid input. Please specify the prompt.')
    await expectDetail(chat({ ...body, logit_bias: {} }), 501, 'Not implemented')
    await expectDetail(chat({ ...body, tools: [] }), 400, /^Only \{.*\} support tool calls$/)
    const messages = [{ role: 'tool', content: '3', tool_call_id: 'a' }]
    await expectDetail(chat({ ...body, messages }), 400, /^Only \{.*\} support tool messages$/)
  })

  it('by the engine', async () => {
    const isFunctionCallingModel = true
    await start({}, new ScriptedModel([], {}, { isFunctionCallingModel }))
    const engine = String.raw`^\[address=127\.0\.0\.1:\d+, pid=\d+\] `
    await expectDetail(chat({ ...body, tools: null }), 500, new RegExp(`${engine}'NoneType' object is not iterable$`))
    await expectDetail(chat({ ...body, tools: [1] }), 500, new RegExp(`${engine}Missing tool function: 1$`))
    await expectDetail(chat({ ...body, top_logprobs: 2 }), 500, new RegExp(`${engine}top_logprobs requires logprobs`))
    await expectDetail(chat({ ...body, messages: [{ role: 'user' }] }), 500, new RegExp(`${engine}Expected 'content'`))
    await expectDetail(
      chat({ ...body, chat_template_kwargs: '{' }),
      500,
      new RegExp(`${engine}\`chat_template_kwargs\``),
    )
  })

  it('for a model that cannot chat', async () => {
    await start({}, new ScriptedModel([], {}, { isChatModel: false }))
    await expectDetail(chat(), 500, /Model demo is not for chat\.$/)
  })
})

describe('a model that fails', () => {
  it.each([
    [new Error('CUDA out of memory'), 500, /^\[address=.*\] CUDA out of memory$/],
    [
      new ContextOverflowError('the request exceeds the available context size'),
      500,
      /exceeds the available context size$/,
    ],
    [new UnsupportedOptionError('demo would drop seed.'), 500, /demo would drop seed\.$/],
    [new RateLimitError('Request limit 1 for the model: demo'), 429, /^Rate limit reached$/],
    [new ModelLoadingError('demo'), 503, /^Model is loading, please retry later: demo$/],
  ])('with %s is %i', async (error, status, detail) => {
    await start({}, new ScriptedModel([error]))
    const { headers } = await expectDetail(chat(), status, detail)
    expect(headers['retry-after']).toBe(status === 503 ? '30' : undefined)
  })
})

describe('with a key', () => {
  const right = { authorization: 'Bearer xf-right' }
  const wrong = { authorization: 'Bearer xf-wrong' }

  it('lets in who has it', async () => {
    await start({ apiKey: 'xf-right' })
    expect((await chat(body, right)).status).toBe(200)
    expect((await get('/v1/models', right)).status).toBe(200)
    expect((await get('/v1/cluster/auth')).text).toBe('{"auth":true}')
  })

  it('refuses the others before it looks at anything else', async () => {
    await start({ apiKey: 'xf-right' })
    const detail = 'Could not validate credentials'
    const { headers } = await expectDetail(chat('{', wrong), 401, detail)
    expect(headers['www-authenticate']).toBe('Bearer scope="models:read"')
    const list = await expectDetail(get('/v1/models'), 401, detail)
    expect(list.headers['www-authenticate']).toBe('Bearer scope="models:list"')
    await expectDetail(get('/v1/models/demo', { 'x-api-key': 'xf-right' }), 401, detail)
    await expectDetail(get('/v1/nothing'), 404, 'Not Found')
  })

  it('bans an address for an hour, but for the open routes', async () => {
    await start({ apiKey: 'xf-right' })
    for (let count = 0; count < 10; count++) expect((await get('/v1/models', wrong)).status).toBe(401)
    await expectDetail(get('/v1/models', right), 429, 'Too many failed attempts. IP temporarily banned.')
    expect((await get('/v1/cluster/auth')).status).toBe(200)
    expect((await get('/status')).status).toBe(200)
    now += 3_600_000
    expect((await get('/v1/models', right)).status).toBe(200)
  })
})

const statusHead = 'GET /status HTTP/1.1\r\nHost: x\r\n'

describe('limits', () => {
  it('refuses a large body', async () => {
    await start({ limits: { maxBodyBytes: 100 } })
    const large = { ...body, user: 'x'.repeat(100) }
    await expectDetail(chat(large), 413, 'Request body is larger than 100 bytes')
    await expectDetail(chat(large, { 'transfer-encoding': 'chunked' }), 413, 'Request body is larger than 100 bytes')
    expect((await chat(body, { 'transfer-encoding': 'chunked' })).status).toBe(200)
  })

  it('refuses large headers', async () => {
    await start({ limits: { maxHeaderBytes: 1000 } })
    const client = await openSocket(server.port, `GET /status HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(2000)}\r\n\r\n`)
    await client.closed
    expect(client.received()).toMatch(/^HTTP\/1\.1 431 /)
  })

  it('refuses what is no HTTP', async () => {
    await start()
    const client = await openSocket(server.port, 'hello\r\n\r\n')
    await client.closed
    expect(client.received()).toMatch(/^HTTP\/1\.1 400 .*\r\n\r\nInvalid HTTP request received\.$/s)
  })

  it.each([
    ['whose headers', statusHead],
    ['whose body', post('/v1/completions', body).slice(0, -1)],
  ])('closes the socket of a request %s do not arrive', async (_, bytes) => {
    await start({ limits: { requestTimeoutMs: 50 } })
    const client = await openSocket(server.port, bytes)
    await client.closed
    expect(client.received()).toBe('')
  })

  it('refuses requests beyond the concurrency limit', async () => {
    const model = new ScriptedModel([new Promise(() => {})])
    await start({ limits: { maxConcurrency: 1 } }, model)
    const client = await openSocket(server.port, post('/v1/chat/completions', body))
    await model.asked
    const { status, headers, text } = await get('/status')
    expect([status, headers['content-type'], text]).toEqual([503, 'text/plain; charset=utf-8', 'Service Unavailable'])
    client.socket.destroy()
    await model.aborted
    expect((await get('/status')).status).toBe(200)
  })
})
