/** What people get wrong: each mistake has a stable code and one sentence, and nothing hangs. */
import { describe, expect, it } from 'vitest'

import { Xinference } from '../../src/index.js'
import { detail, html, json, plainText, whole } from '../support/http-bytes.js'
import { errorOf } from '../support/outcome-of.js'
import type { Script, ScriptedServerOptions } from '../support/scripted-server.js'
import {
  chatRoute,
  connect,
  listedModel,
  listRoute,
  modelList,
  realRuntime,
  startServer,
  startXinference,
} from '../support/xinference-server.js'

const question = [{ role: 'user', content: 'Hello?' }] as const

/** One line that begins like a sentence, or with the name that is wrong, and ends like one. */
const sentence = /^\S[^\n]*[.?]$/

describe('an address', () => {
  it.each([
    ['localhost:9997', /http:\/\/ is missing/],
    ['127.0.0.1:9997', /http:\/\/ is missing/],
    ['my-server', /http:\/\/ is missing/],
    ['//127.0.0.1:9997', /http:\/\/ is missing/],
    ['ftp://127.0.0.1', /must begin with http/],
    ['http://', /no URL/],
    ['http://127.0.0.1:99999', /no URL/],
    ['http://127.0.0.1:9997?a=1', /no query/],
    ['http://127.0.0.1:9997#a', /no fragment/],
    ['http://me:you@127.0.0.1:9997', /no user name/],
  ])('%s is refused', (endpoint, message) => {
    const make = (): Xinference => new Xinference({ modelUid: 'x', endpoint }, { runtime: realRuntime() })
    expect(make).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        option: 'endpoint',
        message: expect.stringMatching(message),
      }),
    )
    expect(make).toThrow(sentence)
  })

  it.each([
    ['http://127.0.0.1:9997//', 'http://127.0.0.1:9997'],
    ['HTTP://LOCALHOST:9997/V1', 'http://localhost:9997/V1'],
    ['http://localhost:80/v1/', 'http://localhost'],
    ['https://example.org/x/v1', 'https://example.org/x'],
    ['http://[::1]:9997', 'http://[::1]:9997'],
  ])('%s is read as %s', (endpoint, url) => {
    expect(new Xinference({ modelUid: 'x', endpoint }, { runtime: realRuntime() }).endpoint).toBe(url)
  })
})

const openAIList = json(200, { object: 'list', data: [{ id: 'gpt', object: 'model', owned_by: 'me' }] })

const wrongServers: readonly (readonly [
  name: string,
  options: ScriptedServerOptions,
  code: string,
  message: RegExp,
])[] = [
  ['a web page', { routes: { '*': html(200) } }, 'WRONG_SERVER', /root as the endpoint/],
  ['a web page with 404', { routes: { '*': html(404) } }, 'WRONG_SERVER', /web page/],
  ['a 404', { routes: { '*': detail(404, 'Not Found') } }, 'WRONG_SERVER', /no such route/],
  ['an empty 404', {}, 'WRONG_SERVER', /no such route/],
  ["OpenAI's list", { routes: { '*': openAIList } }, 'WRONG_SERVER', /not Xinference/],
  ['an object', { routes: { '*': json(200, { status: 'ok' }) } }, 'WRONG_SERVER', /does not list models/],
  ['null', { routes: { '*': json(200, null) } }, 'WRONG_SERVER', /does not list models/],
  ['a list of nothing', { routes: { '*': json(200, { data: [null] }) } }, 'WRONG_SERVER', /does not list models/],
  ['text', { routes: { '*': plainText(200, 'It works!') } }, 'WRONG_SERVER', /does not list models/],
  ['nothing', { routes: { '*': whole(200, 'application/json', '') } }, 'WRONG_SERVER', /does not list models/],
  ['another protocol', { greeting: [{ write: 'SSH-2.0-OpenSSH_9.6\r\n' }] }, 'WRONG_SERVER', /not answer in HTTP/],
  ['a closed door', { greeting: [{ end: 'close' }] }, 'CONNECTION_FAILED', /closed the connection/],
  ['a reset', { greeting: [{ end: 'reset' }] }, 'CONNECTION_FAILED', /closed the connection/],
  [
    'a refusal',
    { routes: { '*': detail(401, 'Could not validate credentials') } },
    'AUTHENTICATION_FAILED',
    /XINFERENCE_API_KEY/,
  ],
  ['a missing right', { routes: { '*': detail(403, 'Not enough permissions') } }, 'PERMISSION_DENIED', /Not enough/],
  [
    'a ban',
    { routes: { '*': detail(429, 'Too many failed attempts. IP temporarily banned.') } },
    'ADDRESS_BANNED',
    /hour/,
  ],
  ['a failure', { routes: { '*': detail(500, 'boom') } }, 'SERVER_ERROR', /boom/],
]

describe('a server that answers', () => {
  it.each(wrongServers)('with %s', async (_name, options, code, message) => {
    const server = await startServer(options)
    const llm = connect(server)
    for (const call of [() => llm.load(), () => llm.chat(question), () => llm.streamChat(question).response()]) {
      const error = await errorOf(call())
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
      expect(error.message).toMatch(sentence)
    }
    await server.allSocketsClosed()
  })

  it.each(wrongServers)('with %s, once it was loaded', async (_name, options, code) => {
    const server = await startServer(options)
    const llm = connect(server, { modelDescription: listedModel, maxRetries: 0 })
    const error = await errorOf(llm.chat(question))
    // What is no list may be no answer either.
    expect([code, 'MALFORMED_RESPONSE']).toContain(error.code)
    expect(error.message).toMatch(sentence)
  })
})

describe('a server that', () => {
  it('is not there', async () => {
    const server = await startServer({})
    const { url } = server
    await server.close()
    const error = await errorOf(connect({ url }).load())
    expect(error).toMatchObject({
      code: 'CONNECTION_FAILED',
      message: `Nothing listens at ${url}: start the server there, or correct the address.`,
      context: { origin: url, systemCode: 'ECONNREFUSED' },
    })
  })

  it('has a name that nobody knows', async () => {
    // A name that is no name never reaches a resolver on the network.
    const error = await errorOf(connect({ url: `http://${'a'.repeat(64)}.invalid:9997` }).load())
    expect(error).toMatchObject({ code: 'CONNECTION_FAILED', message: expect.stringContaining('is not known') })
  })

  it('speaks plain HTTP where TLS is asked for', async () => {
    const server = await startServer({ greeting: [{ write: 'HTTP/1.1 400 Bad Request\r\n\r\n' }] })
    const error = await errorOf(connect({ url: server.url.replace('http:', 'https:') }).load())
    expect(error).toMatchObject({ code: 'WRONG_SERVER', message: expect.stringContaining('use http:// instead') })
  })

  it('knows the key to be wrong', async () => {
    const refusal = detail(401, 'Could not validate credentials', { 'www-authenticate': 'Bearer scope="models:list"' })
    const server = await startXinference({ routes: { [listRoute]: refusal } })
    const error = await errorOf(connect(server, { apiKey: 'wrong-key' }).load())
    expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED', status: 401, isRetryable: false })
    expect(server.requests).toHaveLength(1)
  })

  it.each([
    [
      [listedModel, { ...listedModel, id: 'other' }, { id: 'bge', model_type: 'embedding' }],
      ['my-qwen', 'other'],
    ],
    [[], []],
  ])('has not the model', async (models, available) => {
    const server = await startXinference({ routes: { [listRoute]: modelList(...models) } })
    const error = await errorOf(connect(server, { modelUid: 'nobody' }).load())
    expect(error).toMatchObject({ code: 'MODEL_NOT_FOUND', available })
    expect(error.message).toContain('"nobody"')
    expect(error.message).toContain(available.length === 0 ? 'launch one' : 'my-qwen, other')
  })

  it('lets the key ask the model, but not list models', async () => {
    // A key of server 3 may hold `models:read` alone.
    const server = await startXinference({ routes: { [listRoute]: detail(403, 'Not enough permissions') } })
    const llm = connect(server, { apiKey: 'xf-0123456789', modelDescription: listedModel })
    expect((await llm.chat(question)).text).toBe('Hello')
  })

  it('has lost the model since', async () => {
    const gone = "Model not found in the model list, uid: my-qwen. Available model uids: ['other', 'third']"
    const server = await startXinference({ chat: detail(404, gone) })
    expect(await errorOf(connect(server).chat(question))).toMatchObject({
      code: 'MODEL_NOT_FOUND',
      available: ['other', 'third'],
      status: 404,
    })
    expect(server.requestsTo(chatRoute)).toHaveLength(1)
  })

  it.each(['embedding', 'rerank', 'image', 'audio', 'video', 'flexible'])('has it as an %s model', async (type) => {
    const model = { id: 'my-qwen', model_type: type, model_name: 'bge', dimensions: 512 }
    const server = await startXinference({ routes: { [listRoute]: modelList(model) } })
    const error = await errorOf(connect(server).load())
    expect(error).toMatchObject({ code: 'MODEL_ABILITY', message: expect.stringContaining(type) })
  })

  it('has a model that neither chats nor continues text', async () => {
    const server = await startXinference({ model: { model_ability: ['audio'] } })
    expect(await errorOf(connect(server).load())).toMatchObject({ code: 'MODEL_ABILITY' })
  })
})

describe("the server's own words", () => {
  const said = async (script: Script) => {
    const server = await startXinference({ chat: script })
    return errorOf(connect(server, { maxRetries: 0 }).chat(question))
  }

  it.each([
    [detail(400, 'Only {"a"} support tool calls'), 'INVALID_REQUEST', 'Only {"a"} support tool calls'],
    [json(400, { detail: [{ loc: ['body'], msg: 'field required' }] }), 'INVALID_REQUEST', 'field required'],
    [json(400, { error: { message: 'no such worker', type: 'x' } }), 'INVALID_REQUEST', 'no such worker'],
    [json(400, { error: 'plain' }), 'INVALID_REQUEST', 'plain'],
    [json(400, { message: 'told' }), 'INVALID_REQUEST', 'told'],
    [json(400, {}), 'INVALID_REQUEST', '{}'],
    [whole(400, 'application/json', ''), 'INVALID_REQUEST', 'no reason given'],
    [plainText(500, 'Internal Server Error: several\n  lines'), 'SERVER_ERROR', 'several lines'],
    [detail(500, '[address=127.0.0.1:41233, pid=77] The model crashed.'), 'SERVER_ERROR', ': The model crashed.'],
    [detail(500, 'x'.repeat(100_000)), 'SERVER_ERROR', 'xxx...'],
  ])('are in the message (%#)', async (script, code, words) => {
    const error = await said(script)
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) })
    expect(error.message).toMatch(sentence)
    expect(error.message.length).toBeLessThan(700)
  })

  it('are not read without end', async () => {
    const server = await startXinference({
      chat: [
        { write: 'HTTP/1.1 500 Oops\r\ncontent-type: text/plain\r\n\r\n' },
        { flood: 'x'.repeat(10_000), times: 1000 },
        { end: 'hang' },
      ],
    })
    const error = await errorOf(connect(server, { modelDescription: listedModel }).chat(question))
    expect(error).toMatchObject({ code: 'SERVER_ERROR', status: 500 })
    await server.allSocketsClosed()
  })
})
