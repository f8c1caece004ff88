import { afterEach, describe, expect, it } from 'vitest'

import {
  createServer,
  type CreateServerOptions,
  type LLMServer,
  type ServedRequest,
  serve,
  type ServeOptions,
} from './index.js'
import { createGate, openSocket, post, ScriptedModel, send } from '../../test/support/scripted-model.js'

let server: LLMServer | undefined

afterEach(async () => {
  await server?.close()
  server = undefined
})

async function start(model: ScriptedModel, options: ServeOptions = {}): Promise<LLMServer> {
  return (server = await serve(model, { port: 0, ...options }))
}

const body = { model: 'demo', messages: [{ role: 'user', content: 'Hi' }] }
const route = '/v1/chat/completions'
const statusRequest = 'GET /status HTTP/1.1\r\nHost: x\r\n\r\n'

describe('starting', () => {
  it('loads the models and tells where it is', async () => {
    const model = new ScriptedModel()
    const { url, port } = await start(model)
    expect(model.loads).toBe(1)
    expect(url).toBe(`http://127.0.0.1:${port}`)
    expect((await fetch(`${url}/v1/models/demo`)).status).toBe(200)
  })

  it('gives the model another name', async () => {
    const { url } = await start(new ScriptedModel(), { modelUid: 'mine' })
    expect((await fetch(`${url}/v1/models/mine`)).status).toBe(200)
  })

  it('writes an IPv6 address as a URL', async () => {
    const { url, port } = await start(new ScriptedModel(), { host: '::1' })
    expect(url).toBe(`http://[::1]:${port}`)
    expect((await fetch(`${url}/status`)).status).toBe(200)
  })

  it('says so when the port is used', async () => {
    const { port } = await start(new ScriptedModel())
    await expect(serve(new ScriptedModel(), { port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: `Port ${port} of 127.0.0.1 is used by another program; choose another --port, or --port 0 for a free one.`,
    })
  })

  it('says so when it cannot listen on the host', async () => {
    const options = { host: '192.0.2.1', apiKey: 'k', port: 0 }
    await expect(serve(new ScriptedModel(), options)).rejects.toMatchObject({ code: 'INVALID_OPTION', option: 'host' })
  })

  it.each([
    [{ host: '0.0.0.0' }, 'host', '--api-key'],
    [{ host: '127.evil.example' }, 'host', '--api-key'],
    [{ host: '::' }, 'host', '--api-key'],
    [{ apiKey: '' }, 'apiKey', 'printable characters'],
    [{ apiKey: 'a b' }, 'apiKey', 'printable characters'],
    [{ port: 70_000 }, 'port', 'at most 65535'],
    [{ modelUid: '' }, 'modelUid', 'must not be empty'],
    [{ limits: { maxBodyBytes: 0 } }, 'limits.maxBodyBytes', 'at least 1'],
    [{ prot: 1 } as ServeOptions, 'prot', 'did you mean "port"'],
  ] satisfies [ServeOptions, string, string][])('refuses %j', async (options, option, text) => {
    const failure = serve(new ScriptedModel(), options)
    await expect(failure).rejects.toMatchObject({ code: 'INVALID_OPTION', option })
    await expect(failure).rejects.toThrow(text)
  })

  it.each([
    [{}],
    [{ llm: new ScriptedModel(), models: {} }],
    [{ models: { a: new ScriptedModel() }, modelUid: 'b' }],
    [{ llm: {} } as CreateServerOptions],
  ])('refuses what is not one model or several: %#', async (options: CreateServerOptions) => {
    await expect(createServer(options)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  it('serves the world with a key', async () => {
    const { url } = await start(new ScriptedModel(), { host: '0.0.0.0', apiKey: 'k' })
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:/)
    expect((await fetch(`${url}/status`)).status).toBe(200)
  })
})

describe('a client that goes', () => {
  it.each([true, false])('aborts the generation; stream: %s', async (stream) => {
    const reported = createGate()
    let request: ServedRequest | undefined
    const model = new ScriptedModel([new Promise(() => {})])
    const onRequest = (served: ServedRequest): void => {
      request = served
      reported.open()
    }
    const { port } = await start(model, { onRequest })
    const client = await openSocket(port, post(`${route}?secret`, { ...body, stream }))
    await model.asked
    client.socket.destroy()
    await model.aborted
    await reported.passed
    const status = stream ? 200 : 499
    expect(request).toEqual({ method: 'POST', path: route, status, ms: expect.any(Number), isComplete: false })
  })

  it('in the middle of its request, does no harm', async () => {
    const model = new ScriptedModel()
    const { port } = await start(model)
    const client = await openSocket(port, post(route, body).slice(0, -5))
    client.socket.destroy()
    expect((await send(port, 'POST', route, body)).status).toBe(200)
    expect(model.calls).toHaveLength(1)
  })

  it('after its answer, aborts nothing', async () => {
    const model = new ScriptedModel()
    const { port } = await start(model)
    await send(port, 'POST', route, body)
    expect(model.calls[0]?.options.signal?.aborted).toBe(false)
  })
})

describe('an open connection', () => {
  it('serves one request after the other', async () => {
    const { port } = await start(new ScriptedModel())
    const client = await openSocket(port, statusRequest)
    await client.until('"workers"')
    client.socket.write(post(route, { ...body, stream: true }))
    await client.until('[DONE]')
    client.socket.write(post(route, body))
    await client.until('"chat.completion"')
    client.socket.destroy()
  })

  it('says how long it stays open', async () => {
    const { port } = await start(new ScriptedModel())
    const client = await openSocket(port, statusRequest)
    await client.until('Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n')
    client.socket.destroy()
  })

  it('is closed when no further request comes', async () => {
    const { port } = await start(new ScriptedModel(), { limits: { keepAliveTimeoutMs: 20 } })
    const client = await openSocket(port, statusRequest)
    await client.closed
    expect(client.received()).toContain('"workers"')
  })
})

describe('onRequest', () => {
  it('hears of every request', async () => {
    const requests: ServedRequest[] = []
    const { port } = await start(new ScriptedModel(), { onRequest: (request) => requests.push(request) })
    await send(port, 'GET', '/status?a=1')
    await send(port, 'POST', route, {})
    await server?.close()
    expect(requests).toEqual([
      { method: 'GET', path: '/status', status: 200, ms: expect.any(Number), isComplete: true },
      { method: 'POST', path: route, status: 500, ms: expect.any(Number), isComplete: true },
    ])
  })
})

describe('closing', () => {
  it('lets answers in progress finish and takes no more', async () => {
    const gate = createGate()
    const model = new ScriptedModel(['a', gate.passed, 'b'])
    const running = await start(model)
    const { port } = running
    const whole = await openSocket(port, post(route, body))
    await model.asked
    const stream = await openSocket(port, post(route, { ...body, stream: true }))
    await stream.until('"a"')

    const closed = running.close()
    await expect(send(port, 'GET', '/status')).rejects.toThrow('ECONNREFUSED')
    gate.open()
    await closed
    await Promise.all([whole.closed, stream.closed])
    expect(whole.received()).toMatch(/\r\nConnection: close\r\n.*"content":"ab"/s)
    expect(stream.received()).toMatch(/data: \[DONE\]\r\n\r\n\r\n0\r\n\r\n$/)
    expect(model.calls.every(({ options }) => options.signal?.aborted === false)).toBe(true)
  })

  it('closes idle connections at once, those without a request too', async () => {
    const running = await start(new ScriptedModel(), { drainMs: Infinity })
    const { port } = running
    const idle = await openSocket(port, statusRequest)
    await idle.until('"workers"')
    const silent = await openSocket(port)
    await running.close()
    await Promise.all([idle.closed, silent.closed])
  })

  it('aborts what is not done in time', async () => {
    const model = new ScriptedModel(['a', new Promise(() => {})])
    const running = await start(model, { drainMs: 1 })
    const { port } = running
    const client = await openSocket(port, post(route, { ...body, stream: true }))
    await client.until('"a"')
    await running.close()
    await model.aborted
    await client.closed
    expect(client.received()).not.toContain('[DONE]')
  })

  it('can be done twice, and by leaving a scope', async () => {
    const running = await start(new ScriptedModel())
    await Promise.all([running.close(), running.close()])
    await running[Symbol.asyncDispose]()
    await expect(fetch(running.url)).rejects.toThrow('fetch failed')
  })
})
