/** Who asks: keys and logins, seen from the two classes that have them. */
import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { type HeadraceError, Xinference, XinferenceClient } from '../../src/index.js'
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
import {
  AccountServer,
  clientOf,
  loginRoute,
  MovedRuntime,
  refreshRoute,
  right,
  rightKey,
  setupRoute,
} from './account-server.js'

const question = [{ role: 'user', content: 'Hello?' }] as const
const minute = 60_000
const banned = detail(429, 'Too many failed attempts. IP temporarily banned.')

const times = <T>(count: number, act: () => Promise<T>): Promise<T>[] => Array.from({ length: count }, act)

async function codesOf(promises: readonly Promise<unknown>[]): Promise<Set<unknown>> {
  const codes = promises.map((promise) =>
    promise.then(
      () => 'ok',
      (error: HeadraceError) => error.code,
    ),
  )
  return new Set(await Promise.all(codes))
}

describe('a key', () => {
  it('that is wrong is sent once, however many calls want it', async () => {
    const accounts = await AccountServer.start()
    const client = accounts.client({ apiKey: 'xf-wrong' })
    expect(await codesOf(times(32, () => client.listModels()))).toEqual(new Set(['AUTHENTICATION_FAILED']))
    expect(await codesOf(times(32, () => client.describeModel('my-qwen')))).toEqual(new Set(['AUTHENTICATION_FAILED']))
    expect(accounts.wrongCredentials).toBe(1)
    expect(accounts.server.requests).toHaveLength(1)
  })

  it('that is wrong is sent once by a model whose description was given', async () => {
    const accounts = await AccountServer.start()
    const llm = connect(accounts.server, { apiKey: 'xf-wrong', modelDescription: listedModel })
    expect(await codesOf(times(32, () => llm.chat(question)))).toEqual(new Set(['AUTHENTICATION_FAILED']))
    const outcomes = await Promise.all(times(32, () => llm.generateOne(question)))
    expect(new Set(outcomes.map(({ cause }) => cause?.code))).toEqual(new Set(['AUTHENTICATION_FAILED']))
    expect(await errorOf(llm.streamChat(question).response())).toMatchObject({ code: 'AUTHENTICATION_FAILED' })
    expect(accounts.server.requests).toHaveLength(1)
  })

  it('that is right goes alone first, then with all', async () => {
    let open = (): void => undefined
    const opened = new Promise<void>((resolve) => (open = resolve))
    const server = await startServer({
      routes: { [listRoute]: [{ until: opened }, ...modelList(listedModel)], '*': json(200, listedModel) },
    })
    const client = clientOf(server, { apiKey: rightKey })
    const first = client.listModels()
    const others = times(31, () => client.describeModel('my-qwen'))
    await server.received(listRoute)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(server.requests).toHaveLength(1)
    open()
    await Promise.all([first, ...others])
    expect(server.requests).toHaveLength(32)
    expect(new Set(server.requests.map(({ headers }) => headers['authorization']))).toEqual(
      new Set([`Bearer ${rightKey}`]),
    )
  })

  it('that is withdrawn later is refused once for each request that was under way', async () => {
    const accounts = await AccountServer.start()
    const llm = connect(accounts.server, { apiKey: rightKey })
    await llm.chat(question)
    accounts.forgetTokens()
    expect(await errorOf(llm.chat(question))).toMatchObject({ code: 'AUTHENTICATION_FAILED' })
    expect(await errorOf(llm.chat(question))).toMatchObject({ code: 'AUTHENTICATION_FAILED' })
    expect(accounts.wrongCredentials).toBe(1)
  })

  it.each([
    ['may not list', detail(403, 'Not enough permissions')],
    ['asks a gateway without that route', detail(404, 'Not Found')],
    ['asks a gateway with a page', html(404)],
  ])('of one who %s is proven all the same', async (_what, list) => {
    const server = await startXinference({ routes: { [listRoute]: list } })
    const llm = connect(server, { apiKey: rightKey, modelDescription: listedModel })
    expect((await Promise.all(times(3, () => llm.chat(question)))).map(({ text }) => text)).toEqual(
      Array.from({ length: 3 }, () => 'Hello'),
    )
    expect(server.requestsTo(listRoute)).toHaveLength(1)
  })

  it('is not proven by a route that is open', async () => {
    const accounts = await AccountServer.start()
    const client = accounts.client({ apiKey: 'xf-wrong' })
    expect(await client.needsCredential()).toBe(true)
    expect(await client.needsSetup()).toBe(false)
    expect(accounts.server.requests.map(({ headers }) => headers['authorization'])).toEqual([undefined, undefined])
    await codesOf(times(32, () => client.listModels()))
    expect(accounts.wrongCredentials).toBe(1)
  })

  it('is proven by the next one when the first gives up', async () => {
    const server = await startServer({ routes: { [listRoute]: inTurn([{ end: 'hang' }], modelList(listedModel)) } })
    const client = clientOf(server, { apiKey: rightKey })
    const stop = new AbortController()
    const first = errorOf(client.listModels({ signal: stop.signal }))
    const others = times(3, () => client.listModels())
    await server.received(listRoute)
    stop.abort()
    expect(await first).toMatchObject({ code: 'ABORTED' })
    expect(await codesOf(others)).toEqual(new Set(['ok']))
    expect(server.requestsTo(listRoute)).toHaveLength(4)
  })

  it("of somebody else's failure has no part", async () => {
    const server = await startServer({
      routes: {
        'POST /v1/models?wait_ready=false': detail(403, 'Not enough permissions'),
        '*': modelList(listedModel),
      },
    })
    const client = clientOf(server, { apiKey: rightKey })
    const launch = errorOf(client.launchModel({ modelName: 'qwen3' }))
    const list = client.listModels()
    expect(await launch).toMatchObject({ code: 'PERMISSION_DENIED' })
    expect(await list).toHaveLength(1)
  })

  it('is not proven by a launch, for which the others would wait', async () => {
    const launchRoute = 'POST /v1/models?wait_ready=false'
    const server = await startServer({
      routes: { [launchRoute]: [{ end: 'hang' }], [listRoute]: modelList(listedModel) },
    })
    const client = clientOf(server, { apiKey: rightKey })
    const stop = new AbortController()
    const launch = errorOf(client.launchModel({ modelName: 'qwen3' }, { signal: stop.signal }))
    expect(await client.listModels()).toHaveLength(1)
    await server.received(launchRoute)
    stop.abort()
    expect(await launch).toMatchObject({ code: 'ABORTED' })
    expect(server.requestsTo(launchRoute)).toHaveLength(1)
  })

  it('stops waiting when its caller does', async () => {
    const server = await startServer({ routes: { '*': [{ end: 'hang' }] } })
    const client = clientOf(server, { apiKey: rightKey })
    void client.listModels().catch(() => undefined)
    const stop = new AbortController()
    const waiting = errorOf(client.listModels({ signal: stop.signal }))
    await server.received(listRoute)
    stop.abort()
    expect(await waiting).toMatchObject({ code: 'ABORTED' })
    expect(server.requests).toHaveLength(1)
  })

  it('gets one connection for each try where nobody listens, and all calls the failure', async () => {
    const server = await startServer({ greeting: [{ end: 'close' }] })
    const client = clientOf(server, { apiKey: rightKey, maxRetries: 1 })
    expect(await codesOf(times(32, () => client.listModels()))).toEqual(new Set(['CONNECTION_FAILED']))
    expect(server.connectionCount).toBe(2)
  })

  it('whose address is banned is not sent again by the calls that waited', async () => {
    const server = await startServer({ routes: { '*': banned } })
    const client = clientOf(server, { apiKey: rightKey })
    expect(await codesOf(times(32, () => client.listModels()))).toEqual(new Set(['ADDRESS_BANNED']))
    expect(server.requests).toHaveLength(1)
    const llm = connect(server, { apiKey: rightKey })
    expect(await errorOf(llm.load())).toMatchObject({ code: 'ADDRESS_BANNED', isRetryable: false })
    expect(server.requests).toHaveLength(2)
  })
})

describe('no credential', () => {
  it('sends nothing extra', async () => {
    const server = await startXinference()
    const client = clientOf(server)
    await client.login()
    await client.listModels()
    await connect(server).chat(question)
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([listRoute, listRoute, chatRoute])
    expect(server.requests.map(({ headers }) => headers['authorization'])).toEqual([undefined, undefined, undefined])
  })

  it.each(['client', 'loading', 'chat'] as const)('on a server that wants one says what to set (%s)', async (who) => {
    const accounts = await AccountServer.start()
    const llm = connect(accounts.server, who === 'chat' ? { modelDescription: listedModel } : {})
    const error = await errorOf(who === 'client' ? accounts.client().listModels() : llm.chat(question))
    expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED', status: 401 })
    for (const word of ['apiKey', 'XINFERENCE_API_KEY', 'username']) expect(error.message).toContain(word)
  })

  it.each(['client', 'chat'] as const)('on a server without users says so (%s)', async (who) => {
    const accounts = await AccountServer.start({ needsSetup: true })
    const llm = connect(accounts.server, { modelDescription: listedModel })
    const error = await errorOf(who === 'client' ? accounts.client().listModels() : llm.chat(question))
    expect(error).toMatchObject({
      code: 'AUTHENTICATION_FAILED',
      message: expect.stringMatching(/has no user yet: .*setUp\(\)/),
    })
    expect(accounts.count(setupRoute)).toBe(1)
  })

  it('may be tried again: there was none to be refused', async () => {
    const server = await startServer({
      routes: { [listRoute]: inTurn(detail(401, 'Could not validate credentials'), modelList(listedModel)) },
    })
    const client = clientOf(server)
    expect(await errorOf(client.listModels())).toMatchObject({ code: 'AUTHENTICATION_FAILED' })
    expect(await client.listModels()).toHaveLength(1)
  })
})

describe('a login', () => {
  it('is one JSON request, and the token goes with all others', async () => {
    const accounts = await AccountServer.start()
    const client = accounts.client({ ...right, headers: { 'x-gateway': 'gate-1' } })
    await Promise.all(times(32, () => client.listModels()))
    expect(accounts.server.bodiesTo(loginRoute)).toEqual([right])
    const [login, ...others] = accounts.server.requests
    expect(login?.headers).toMatchObject({ 'content-type': 'application/json', 'x-gateway': 'gate-1' })
    expect(login?.headers).not.toHaveProperty('authorization')
    expect(others).toHaveLength(32)
    for (const { headers } of others) {
      expect(headers).toMatchObject({ authorization: expect.stringMatching(/^Bearer .*MARKED-access-1$/) })
    }
  })

  it('works for a model too, with the password of the environment', async () => {
    const accounts = await AccountServer.start()
    const runtime = realRuntime({ XINFERENCE_PASSWORD: right.password, XINFERENCE_API_KEY: 'xf-not-used' })
    const llm = connect(accounts.server, { username: 'alice' }, runtime)
    const { text } = await llm.chat(question)
    expect(text).toBe('Hello')
    expect(accounts.server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      loginRoute,
      listRoute,
      chatRoute,
    ])
    expect(accounts.wrongCredentials).toBe(0)
  })

  it('takes a password of any letters', async () => {
    const password = 'пароль "and" \\ more\u0001'
    const server = await startServer({
      routes: { [loginRoute]: json(200, { access_token: 'a' }), [listRoute]: modelList(listedModel) },
    })
    await clientOf(server, { username: 'алиса', password }).listModels()
    expect(server.bodiesTo(loginRoute)).toEqual([{ username: 'алиса', password }])
  })

  it('that is refused is not tried again', async () => {
    const accounts = await AccountServer.start()
    const client = accounts.client({ username: 'alice', password: 'wrong horse' })
    const errors = await Promise.all(times(32, () => errorOf(client.listModels())))
    for (const error of [...errors, await errorOf(client.launchModel({ modelName: 'x' }))]) {
      expect(error).toMatchObject({
        code: 'AUTHENTICATION_FAILED',
        message: expect.stringMatching(/refused the login of alice \(Incorrect .*\): .*XINFERENCE_PASSWORD/),
      })
      expect(error.message).not.toContain('wrong horse')
    }
    expect(accounts.count(loginRoute)).toBe(1)
    expect(accounts.wrongCredentials).toBe(1)
  })

  it('on a server without users says so', async () => {
    const accounts = await AccountServer.start({ needsSetup: true })
    const error = await errorOf(accounts.client(right).listModels())
    expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED', message: expect.stringMatching(/has no user yet/) })
  })

  it('of a banned address is ADDRESS_BANNED', async () => {
    const accounts = await AccountServer.start({ first: () => banned })
    expect(await codesOf(times(32, () => accounts.client(right).login()))).toEqual(new Set(['ADDRESS_BANNED']))
    const client = accounts.client(right)
    const before = accounts.server.requests.length
    expect(await codesOf(times(32, () => client.listModels()))).toEqual(new Set(['ADDRESS_BANNED']))
    expect(accounts.server.requests.length - before).toBe(1)
  })

  it.each([
    ['nothing', json(200, null)],
    ['no token', json(200, { token_type: 'bearer' })],
    ['no JSON', plainText(200, 'access_token=MARKED-access-1')],
  ] as readonly (readonly [string, Script])[])('that gives %s is a malformed answer', async (_what, script) => {
    const server = await startServer({ routes: { [loginRoute]: script } })
    const error = await errorOf(clientOf(server, right).login())
    expect(error).toMatchObject({ code: 'MALFORMED_RESPONSE' })
    expect(inspect(error)).not.toContain('MARKED')
  })

  it('is not waited for by a caller who gives up', async () => {
    const server = await startServer({ routes: { '*': [{ end: 'hang' }] } })
    const client = clientOf(server, right)
    const llm = connect(server, { ...right, modelDescription: listedModel })
    for (const call of [
      (signal: AbortSignal) => client.listModels({ signal }),
      (signal: AbortSignal) => client.login({ signal }),
      (signal: AbortSignal) => llm.chat(question, { signal }),
    ]) {
      const stop = new AbortController()
      const failure = errorOf(call(stop.signal))
      await server.received(loginRoute)
      stop.abort()
      expect(await failure).toMatchObject({ code: 'ABORTED' })
      expect(await errorOf(call(stop.signal))).toMatchObject({ code: 'ABORTED' })
    }
  })

  it('of an open route is not needed', async () => {
    const accounts = await AccountServer.start()
    const client = accounts.client({ username: 'alice', password: 'wrong horse' })
    expect(await client.needsCredential()).toBe(true)
    expect(accounts.count(loginRoute)).toBe(0)
  })
})

describe('a token', () => {
  it('is renewed before it expires, once for a hundred calls', async () => {
    const accounts = await AccountServer.start()
    const runtime = new MovedRuntime()
    const client = accounts.client(right, runtime)
    for (let round = 1; round <= 3; round++) {
      await Promise.all(times(100, () => client.listModels()))
      expect(accounts.count(refreshRoute)).toBe(round - 1)
      runtime.advance(29 * minute + 1)
    }
    expect(accounts.count(loginRoute)).toBe(1)
    expect(accounts.wrongCredentials).toBe(0)
    expect(accounts.server.bodiesTo(refreshRoute)).toEqual([
      { refresh_token: 'MARKED-refresh-1' },
      { refresh_token: 'MARKED-refresh-2' },
    ])
    for (const { headers } of accounts.server.requestsTo(refreshRoute))
      expect(headers).not.toHaveProperty('authorization')
  })

  it('is used for as long as it is good', async () => {
    const accounts = await AccountServer.start()
    const runtime = new MovedRuntime()
    const client = accounts.client(right, runtime)
    await client.listModels()
    runtime.advance(28 * minute)
    await client.listModels()
    expect(accounts.count(refreshRoute)).toBe(0)
  })

  it.each([1000, 60_000])('of %d ms is used for half of them', async (lifetimeMs) => {
    const accounts = await AccountServer.start({ lifetimeMs })
    const runtime = new MovedRuntime()
    const client = accounts.client(right, runtime)
    await client.listModels()
    await client.listModels()
    expect(accounts.count(refreshRoute)).toBe(0)
    runtime.advance(lifetimeMs / 2)
    await client.listModels()
    expect(accounts.count(refreshRoute)).toBe(1)
  })

  it.each(['not.a.token', `a.${Buffer.from('{"exp":1}').toString('base64url')}.c`])(
    'that does not tell its life (%s) is used for less than half an hour',
    async (token) => {
      const answer = json(200, { access_token: token, refresh_token: 'r' })
      const server = await startServer({
        routes: { [loginRoute]: answer, [refreshRoute]: answer, [listRoute]: modelList(listedModel) },
      })
      const runtime = new MovedRuntime()
      const client = clientOf(server, right, runtime)
      await client.listModels()
      runtime.advance(20 * minute)
      await client.listModels()
      expect(server.requestsTo(refreshRoute)).toHaveLength(0)
      runtime.advance(8 * minute)
      await client.listModels()
      expect(server.requestsTo(refreshRoute)).toHaveLength(1)
    },
  )

  it("whose life is told in the server's time of day needs no equal clocks", async () => {
    const hour = 3_600_000
    const serverNow = Date.now() - 5 * hour
    const token = `a.${Buffer.from(JSON.stringify({ exp: serverNow / 1000 + 1800 })).toString('base64url')}.c`
    const answer = json(200, { access_token: token, refresh_token: 'r' }, { date: new Date(serverNow).toUTCString() })
    const server = await startServer({
      routes: { [loginRoute]: answer, [refreshRoute]: answer, [listRoute]: modelList(listedModel) },
    })
    const runtime = new MovedRuntime()
    const client = clientOf(server, right, runtime)
    await client.listModels()
    runtime.advance(28 * minute)
    await client.listModels()
    expect(server.requestsTo(refreshRoute)).toHaveLength(0)
    runtime.advance(2 * minute)
    await client.listModels()
    expect(server.requestsTo(refreshRoute)).toHaveLength(1)
  })

  it('of server 2 does not expire', async () => {
    const accounts = await AccountServer.start({ version: 2, lifetimeMs: 1000 })
    const runtime = new MovedRuntime()
    const client = accounts.client(right, runtime)
    await client.listModels()
    runtime.advance(365 * 24 * 60 * minute)
    await client.listModels()
    expect(accounts.count(loginRoute)).toBe(1)
    accounts.forgetTokens()
    await client.listModels()
    expect(accounts.count(loginRoute)).toBe(2)
    expect(accounts.count(refreshRoute)).toBe(0)
  })

  const calls: readonly (readonly [string, (llm: Xinference, client: XinferenceClient) => Promise<unknown>])[] = [
    ['chat', (llm) => llm.chat(question)],
    ['a stream', (llm) => llm.streamChat(question).response()],
    ['a method of the client', (_llm, client) => client.describeModel('my-qwen')],
  ]

  it.each(calls)('that is refused is renewed and the request sent once more: %s', async (_name, call) => {
    const accounts = await AccountServer.start()
    const llm = await connect(accounts.server, right).load()
    const client = accounts.client(right)
    await client.login()
    accounts.forgetTokens()
    const before = accounts.server.requests.length
    await call(llm, client)
    const paths = accounts.server.requests.slice(before).map(({ path }) => path)
    expect(paths).toHaveLength(3)
    expect(paths[1]).toBe('/v1/auth/refresh')
    expect(paths[2]).toBe(paths[0])
  })

  it('that is refused to a hundred calls is renewed once', async () => {
    const accounts = await AccountServer.start()
    const llm = await connect(accounts.server, right).load()
    const client = accounts.client(right)
    await client.login()
    accounts.forgetTokens()
    await Promise.all(times(100, () => llm.chat(question)))
    await Promise.all(times(100, () => client.describeModel('my-qwen')))
    // One for the model, one for the client.
    expect(accounts.count(refreshRoute)).toBe(2)
    expect(accounts.count(loginRoute)).toBe(2)
  })

  it('whose refusal comes after its renewal is not renewed again', async () => {
    const gate = createGate()
    const refusal = detail(401, 'Could not validate credentials')
    const late: Script = [{ until: gate.passed }, ...refusal]
    const old = 'MARKED-access-1'
    const accounts = await AccountServer.start({
      first: ({ path, headers }) => {
        if (!headers['authorization']?.endsWith(old) || path === '/v1/models') return undefined
        return path === '/v1/models/quick' ? refusal : late
      },
    })
    const client = accounts.client(right)
    await client.login()
    const slow = client.describeModel('slow')
    await accounts.server.received('GET /v1/models/slow')
    await client.describeModel('quick')
    gate.open()
    await slow
    expect(accounts.count(refreshRoute)).toBe(1)
    expect(accounts.count('GET /v1/models/slow')).toBe(2)
  })

  it('of a chat whose refusal comes after its renewal is not renewed again', async () => {
    const gate = createGate()
    const refusal = detail(401, 'Could not validate credentials')
    let isFirst = true
    const accounts = await AccountServer.start({
      first: ({ path, headers }) => {
        if (!headers['authorization']?.endsWith('MARKED-access-1') || path !== '/v1/chat/completions') return undefined
        if (!isFirst) return refusal
        isFirst = false
        return [{ until: gate.passed }, ...refusal]
      },
    })
    const llm = await connect(accounts.server, right).load()
    const slow = llm.chat(question)
    await accounts.server.received(chatRoute)
    await llm.chat(question)
    gate.open()
    await slow
    expect(accounts.count(refreshRoute)).toBe(1)
    expect(accounts.count(chatRoute)).toBe(4)
  })

  it.each(calls)('that is refused again right after its renewal ends %s, and what follows', async (_name, call) => {
    let isRefusing = false
    const accounts = await AccountServer.start({
      first: ({ path, headers }) =>
        isRefusing && headers['authorization'] !== undefined && path !== '/token'
          ? detail(401, 'Could not validate credentials')
          : undefined,
    })
    const llm = await connect(accounts.server, right).load()
    const client = accounts.client(right)
    await client.login()
    isRefusing = true
    const before = accounts.server.requests.length
    const sent = (): number => accounts.server.requests.length - before
    expect(await errorOf(call(llm, client))).toMatchObject({ code: 'AUTHENTICATION_FAILED' })
    expect(sent()).toBe(3)
    expect(await errorOf(call(llm, client))).toMatchObject({ code: 'AUTHENTICATION_FAILED' })
    expect(sent()).toBe(4)
    expect(await errorOf(call(llm, client))).toMatchObject({ code: 'AUTHENTICATION_FAILED' })
    expect(sent()).toBe(4)
  })

  it('whose renewal is refused is got with the password, once', async () => {
    const accounts = await AccountServer.start()
    const runtime = new MovedRuntime()
    const client = accounts.client(right, runtime)
    await client.listModels()
    accounts.forgetRefreshTokens()
    runtime.advance(30 * minute)
    await Promise.all(times(100, () => client.listModels()))
    expect(accounts.count(refreshRoute)).toBe(1)
    expect(accounts.count(loginRoute)).toBe(2)
  })

  it('whose renewal fails because the server is away is renewed by the next call', async () => {
    let isAway = false
    const accounts = await AccountServer.start({
      first: () => (isAway ? plainText(503, 'Service Unavailable') : undefined),
    })
    const runtime = new MovedRuntime()
    const client = accounts.client(right, runtime)
    await client.listModels()
    runtime.advance(30 * minute)
    isAway = true
    expect(await errorOf(client.listModels())).toMatchObject({ code: 'SERVER_ERROR', isRetryable: true })
    expect(accounts.count(refreshRoute)).toBe(1)
    isAway = false
    expect(await client.listModels()).toHaveLength(1)
    expect(accounts.wrongCredentials).toBe(0)
  })
})

describe('credentials', () => {
  it.each([
    ['apiKey and username', { apiKey: 'xf-1', username: 'alice' }, 'username'],
    ['a password alone', { password: 'secret' }, 'password'],
  ])('%s are refused by both constructors', (_what, credentials, option) => {
    for (const make of [
      () => new XinferenceClient(credentials),
      () => new Xinference({ modelUid: 'x', ...credentials }),
    ]) {
      expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', option }))
    }
  })

  it('with a username need a password', async () => {
    const runtime = realRuntime()
    expect(() => new XinferenceClient({ username: 'alice' }, { runtime })).toThrow(/XINFERENCE_PASSWORD/)
    const error = await errorOf(new Xinference({ modelUid: 'x', username: 'alice' }, { runtime }).load())
    expect(error).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining('XINFERENCE_PASSWORD') })
  })

  it('show nowhere', async () => {
    const accounts = await AccountServer.start()
    const runtime = new MovedRuntime({ HEADRACE_LOG: 'debug' })
    const password = right.password
    const llm = await connect(accounts.server, right, runtime).load()
    const client = accounts.client(right, runtime)
    await client.listModels()
    runtime.advance(30 * minute)
    await client.listModels()
    await llm.chat(question)
    accounts.forgetTokens()
    accounts.forgetRefreshTokens()
    await client.listModels()
    expect(llm.toJSON().config).toMatchObject({ username: 'alice', password: { env: 'XINFERENCE_PASSWORD' } })
    const seen = [inspect(llm, { depth: 9 }), inspect(client, { depth: 9, showHidden: true }), JSON.stringify(client)]
    expect(runtime.lines.length).toBeGreaterThan(10)
    for (const text of [...seen, ...runtime.lines]) {
      expect(text).not.toContain(password)
      expect(text).not.toContain('MARKED')
    }
  })

  it('show in no error, also not those of a token that was replaced', async () => {
    let echo = ''
    const accounts = await AccountServer.start({
      first: ({ path }) => (echo !== '' && path === '/v1/workers' ? detail(500, echo) : undefined),
    })
    const runtime = new MovedRuntime()
    const client = accounts.client(right, runtime)
    await client.listModels()
    for (let round = 1; round <= 4; round++) {
      runtime.advance(30 * minute)
      await client.listModels()
      const tokens = accounts.server.requests.map(({ headers }) => headers['authorization'] ?? '').filter(Boolean)
      echo = `${right.password} ${tokens.slice(-2).join(' ')} MARKED-refresh-${round + 1}`
      const error = await errorOf(client.listWorkers())
      expect(error.message).toContain('[redacted]')
      expect(inspect(error)).not.toMatch(/MARKED|correct horse/)
    }
  })

  it('that setUp and createApiKey handle show in no log and no error', async () => {
    const server = await startServer({
      routes: {
        'POST /v1/admin/setup': inTurn(
          json(200, { id: 1, username: 'alice' }),
          plainText(500, 'Internal Server Error: validation error: MARKED-password'),
        ),
        'POST /v1/admin/keys': json(200, { id: 7, key: 'xf-MARKED0123', prefix: 'xf-MARK', name: 'k' }),
        '*': detail(500, 'xf-MARKED0123'),
      },
    })
    const runtime = realRuntime({ HEADRACE_LOG: 'debug' })
    const client = clientOf(server, {}, runtime)
    const user = { username: 'alice', password: 'MARKED-password' }
    await client.setUp(user)
    expect(server.bodiesTo('POST /v1/admin/setup')).toEqual([user])
    expect((await errorOf(client.setUp(user))).message).toContain('[redacted]')
    expect(await client.createApiKey('k')).toEqual({ id: 7, key: 'xf-MARKED0123' })
    expect((await errorOf(client.listWorkers())).message).toContain('[redacted]')
    expect(runtime.lines.length).toBeGreaterThan(6)
    for (const line of runtime.lines) expect(line).not.toContain('MARK')
  })

  it('are kept apart from the answer of the next caller', async () => {
    const server = await startXinference({ chat: chatStream('ok') })
    const [one, other] = [connect(server, { apiKey: 'xf-one-key' }), connect(server, { apiKey: 'xf-other-key' })]
    await Promise.all([one.chat(question), other.chat(question)])
    expect(new Set(server.requestsTo(chatRoute).map(({ headers }) => headers['authorization']))).toEqual(
      new Set(['Bearer xf-one-key', 'Bearer xf-other-key']),
    )
  })
})
