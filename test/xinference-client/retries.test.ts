/** What is asked again after a failure on the way, and how long a caller waits at most. */
import { describe, expect, it } from 'vitest'

import type { Runtime } from '../../src/contract/runtime.js'
import type { XinferenceClient } from '../../src/index.js'
import { detail, html, json, plainText } from '../support/http-bytes.js'
import { errorOf } from '../support/outcome-of.js'
import { createGate } from '../support/scripted-model.js'
import { inTurn, type Script } from '../support/scripted-server.js'
import {
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
import { AccountServer, clientOf, loginRoute, MovedRuntime, refreshRoute, right, rightKey } from './account-server.js'

const question = [{ role: 'user', content: 'Hello?' }] as const
const refusal = detail(401, 'Could not validate credentials')
const list = modelList(listedModel)

/** The shortest pauses that chance allows. */
const quick = (): Runtime => ({ ...realRuntime(), random: () => 0 })

const passing: readonly (readonly [string, Script])[] = [
  ['502', html(502)],
  ['503', plainText(503, 'Service Unavailable')],
  ['a reset', [{ end: 'reset' }]],
  ['a closed connection', [{ end: 'close' }]],
  ['a busy server', detail(429, 'Rate limit reached for the model. Request limit 1 for the model: a')],
]

describe('a question', () => {
  it.each(passing)('is asked again after %s', async (_what, failure) => {
    const server = await startServer({ routes: { [listRoute]: inTurn(failure, failure, list) } })
    expect(await clientOf(server, {}, quick()).listModels()).toEqual([listedModel])
    expect(server.requestsTo(listRoute)).toHaveLength(3)
  })

  it.each([undefined, 1, 0])('is asked again so often: %s', async (maxRetries) => {
    const server = await startServer({ routes: { '*': html(502) } })
    const error = await errorOf(clientOf(server, { maxRetries }, quick()).listModels())
    expect(error).toMatchObject({ code: 'SERVER_ERROR', status: 502 })
    expect(server.requests).toHaveLength(1 + (maxRetries ?? 2))
  })

  it('may have a number of its own', async () => {
    const server = await startServer({ routes: { '*': html(502) } })
    await errorOf(clientOf(server, {}, quick()).listModels({ maxRetries: 0 }))
    expect(server.requests).toHaveLength(1)
  })

  it.each([
    ['that is refused', refusal],
    ['that is forbidden', detail(403, 'Not enough permissions')],
    ['about a model that is loading', detail(503, 'Model is loading, please retry later: a', { 'retry-after': '30' })],
    ['about a model that is not there', detail(400, 'Model not found in the model list, uid: a')],
    ['at which the server fails', detail(500, 'oops')],
    ['from a banned address', detail(429, 'Too many failed attempts. IP temporarily banned.')],
  ])('%s is not asked again', async (_what, answer) => {
    const server = await startServer({ routes: { 'GET /v1/models/a': answer } })
    await errorOf(clientOf(server, {}, quick()).describeModel('a'))
    expect(server.requestsTo('GET /v1/models/a')).toHaveLength(1)
  })

  it('is not asked again when the server wants to be left alone for longer than there is time', async () => {
    const server = await startServer({ routes: { '*': plainTextLater() } })
    const error = await errorOf(clientOf(server, { timeoutMs: 5000 }, quick()).listModels())
    expect(error).toMatchObject({ code: 'SERVER_ERROR', status: 503, retryAfterMs: 60_000 })
    expect(server.requests).toHaveLength(1)
  })

  it('is left in a pause by its caller', async () => {
    const server = await startServer({ routes: { '*': plainTextLater() } })
    const stop = new AbortController()
    const failure = errorOf(clientOf(server).listModels({ signal: stop.signal }))
    await server.received(listRoute)
    stop.abort()
    expect(await failure).toMatchObject({ code: 'ABORTED' })
    expect(server.requests).toHaveLength(1)
  })

  function plainTextLater(): Script {
    return json(503, { detail: 'later' }, { 'retry-after': '60' })
  }
})

describe('a command', () => {
  const commands: readonly (readonly [string, (client: XinferenceClient) => Promise<unknown>])[] = [
    ['launchModel', (client) => client.launchModel({ modelName: 'a' })],
    ['terminateModel', (client) => client.terminateModel('a')],
    ['cancelLaunch', (client) => client.cancelLaunch('a')],
    ['registerModel', (client) => client.registerModel({ model_name: 'a' })],
    ['createApiKey', (client) => client.createApiKey('a')],
    ['deleteApiKey', (client) => client.deleteApiKey(1)],
    ['setUp', (client) => client.setUp({ username: 'alice', password: 'long enough' })],
    ['abortRequest', (client) => client.abortRequest('a', 'r')],
  ]

  it.each(commands)('is never sent twice: %s', async (_name, command) => {
    for (const failure of [html(502), [{ end: 'reset' }]] as readonly Script[]) {
      const server = await startServer({ routes: { '*': failure } })
      expect((await errorOf(command(clientOf(server, {}, quick())))).isRetryable).toBe(true)
      expect(server.requests.filter(({ method }) => method !== 'GET')).toHaveLength(1)
    }
  })
})

describe('load()', () => {
  it.each(passing)('asks again after %s', async (_what, failure) => {
    const server = await startXinference({ routes: { [listRoute]: inTurn(failure, list) } })
    await connect(server, {}, quick()).load()
    expect(server.requestsTo(listRoute)).toHaveLength(2)
  })

  it('asks again as often as its calls are sent again', async () => {
    const server = await startServer({ routes: { '*': html(502) } })
    expect(await errorOf(connect(server, { maxRetries: 1 }, quick()).load())).toMatchObject({ code: 'SERVER_ERROR' })
    expect(server.requests).toHaveLength(2)
  })
})

describe('the proof of a key', () => {
  it.each(passing)('is tried again after %s, by one request for all', async (_what, failure) => {
    const server = await startServer({ routes: { [listRoute]: inTurn(failure, list), '*': json(200, listedModel) } })
    const client = clientOf(server, { apiKey: rightKey }, quick())
    await Promise.all([client.listModels(), ...Array.from({ length: 31 }, () => client.describeModel('my-qwen'))])
    expect(server.requestsTo(listRoute)).toHaveLength(2)
    expect(server.requests).toHaveLength(33)
  })

  it('is not tried again after a refusal', async () => {
    const accounts = await AccountServer.start()
    const client = accounts.client({ apiKey: 'xf-wrong' }, quick())
    await errorOf(client.listModels())
    expect(accounts.wrongCredentials).toBe(1)
  })
})

describe('a login', () => {
  it.each([
    ['401', refusal],
    ['429', detail(429, 'Too many failed attempts. IP temporarily banned.')],
    ['502', html(502)],
    ['a reset', [{ end: 'reset' }]],
  ] as readonly (readonly [string, Script])[])('is one request, also after %s', async (_what, answer) => {
    const server = await startServer({ routes: { [loginRoute]: answer } })
    await errorOf(clientOf(server, right, quick()).listModels())
    expect(server.requestsTo(loginRoute)).toHaveLength(1)
  })
})

describe('the time of one caller', () => {
  const totalMs = 60

  it.each([
    ['another one’s login', right],
    ['another one’s proof', { apiKey: rightKey }],
  ])('is over while it waits for %s, which goes on', async (_what, credentials) => {
    const gate = createGate()
    const server = await startServer({
      routes: {
        [loginRoute]: [{ until: gate.passed }, ...json(200, { access_token: 't' })],
        [listRoute]: (_request, count) => (count === 0 ? [{ until: gate.passed }, ...list] : list),
        'GET /v1/models/a': json(200, listedModel),
      },
    })
    const client = clientOf(server, credentials)
    const patient = client.listModels()
    const error = await errorOf(client.describeModel('a', { timeoutMs: totalMs }))
    expect(error).toMatchObject({
      code: 'TIMEOUT',
      phase: 'total',
      message: expect.stringMatching(/has not accepted the credential within 60 ms/),
    })
    gate.open()
    expect(await patient).toEqual([listedModel])
    expect(server.requestsTo('GET /v1/models/a')).toEqual([])
  })

  it('is over without a failure for those who wait for its proof', async () => {
    const server = await startServer({
      routes: { [listRoute]: inTurn([{ end: 'hang' }], list), 'GET /v1/models/a': json(200, listedModel) },
    })
    const client = clientOf(server, { apiKey: rightKey })
    const hasty = errorOf(client.listModels({ timeoutMs: totalMs }))
    const patient = client.describeModel('a')
    expect(await hasty).toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('within 60 ms') })
    expect(await patient).toEqual(listedModel)
  })

  it.each(['chat', 'streamChat', 'generateOne'] as const)('of %s holds for its login too', async (method) => {
    const server = await startXinference({ routes: { [loginRoute]: [{ end: 'hang' }] } })
    const llm = connect(server, { ...right, modelDescription: listedModel })
    const options = { timeouts: { totalMs } }
    const failure =
      method === 'generateOne'
        ? llm.generateOne(question, options).then(({ cause }) => cause)
        : errorOf(method === 'chat' ? llm.chat(question, options) : llm.streamChat(question, options).response())
    expect(await failure).toMatchObject({
      code: 'TIMEOUT',
      phase: 'total',
      message: expect.stringMatching(/not ready within 60 ms.*timeouts\.totalMs/),
    })
    expect(server.requestsTo(chatRoute)).toEqual([])
  })

  it('of a call holds for the load that it begins, which goes on', async () => {
    const gate = createGate()
    const server = await startXinference({ routes: { [listRoute]: [{ until: gate.passed }, ...list] } })
    const llm = connect(server, { timeouts: { totalMs } })
    expect(await errorOf(llm.chat(question))).toMatchObject({ code: 'TIMEOUT' })
    gate.open()
    await llm.load()
    expect(server.requestsTo(listRoute)).toHaveLength(1)
  })

  it('of a call holds for the renewal of an expired token', async () => {
    const accounts = await AccountServer.start({
      first: ({ path }) => (path === '/v1/auth/refresh' ? [{ end: 'hang' }] : undefined),
    })
    const runtime = new MovedRuntime()
    const llm = await connect(accounts.server, right, runtime).load()
    runtime.advance(30 * 60_000)
    const failure = errorOf(llm.chat(question, { timeouts: { totalMs } }))
    await accounts.server.received(refreshRoute)
    expect(await failure).toMatchObject({ code: 'TIMEOUT' })
  })

  it('of a call holds for the renewal after a refusal', async () => {
    const accounts = await AccountServer.start({
      first: ({ path }) => (path === '/v1/auth/refresh' ? [{ end: 'hang' }] : undefined),
    })
    const llm = await connect(accounts.server, right).load()
    accounts.forgetTokens()
    expect(await errorOf(llm.chat(question, { timeouts: { totalMs: 300 } }))).toMatchObject({
      code: 'TIMEOUT',
      phase: 'total',
      message: expect.stringContaining('within 300 ms'),
    })
    expect(accounts.count(refreshRoute)).toBe(1)
    expect(accounts.count(chatRoute)).toBe(1)
  })

  it('is no end for a call that has one and needs less', async () => {
    const accounts = await AccountServer.start()
    const llm = await connect(accounts.server, { ...right, timeouts: { totalMs: 20_000 } }).load()
    accounts.forgetTokens()
    expect((await llm.chat(question)).text).toBe('Hello')
    const server = await startXinference({ chat: chatStream('ok') })
    expect((await connect(server, { timeouts: { totalMs: 20_000 } }).chat(question)).text).toBe('ok')
  })
})
