import { describe, expect, it } from 'vitest'

import { Xinference } from '../../src/index.js'
import { detail } from '../support/http-bytes.js'
import { errorOf } from '../support/outcome-of.js'
import { inTurn } from '../support/scripted-server.js'
import {
  chatRoute,
  chatStream,
  connect,
  listedModel,
  listRoute,
  modelList,
  realRuntime,
  startXinference,
} from '../support/xinference-server.js'

describe('load', () => {
  it('reaches the server once, called twice and concurrently', async () => {
    const server = await startXinference()
    const llm = connect(server)
    const loaded = await Promise.all([llm.load(), llm.load(), llm.complete('Hello')])
    await llm.load()
    expect(loaded[0]).toBe(llm)
    expect(server.requestsTo(listRoute)).toHaveLength(1)
  })

  it('is tried again by the next one when it failed', async () => {
    const server = await startXinference({
      routes: { [listRoute]: inTurn(detail(500, 'worker is sick'), modelList(listedModel)) },
    })
    const llm = connect(server)
    const failures = await Promise.all([errorOf(llm.load()), errorOf(llm.load())])
    expect(failures.map(({ code }) => code)).toEqual(['SERVER_ERROR', 'SERVER_ERROR'])
    expect(server.requestsTo(listRoute)).toHaveLength(1)
    await llm.load()
    expect(llm.metadata.modelName).toBe('my-qwen')
  })

  it('leaves no socket behind when it fails', async () => {
    const server = await startXinference({ routes: { [listRoute]: detail(500, 'worker is sick') } })
    await errorOf(connect(server).load())
    await server.allSocketsClosed()
  })

  it('is done by the first call', async () => {
    const server = await startXinference()
    const { text } = await connect(server).complete('Hello')
    expect(text).toBe('Hello')
    expect(server.requests.map(({ path }) => path)).toEqual(['/v1/models', '/v1/chat/completions'])
  })

  it('sends nothing when the description is given', async () => {
    const server = await startXinference()
    const llm = await connect(server, { modelDescription: { ...listedModel, context_length: 100 } }).load()
    expect(llm.contextWindow).toBe(100)
    expect(server.connectionCount).toBe(0)
  })

  it('tells what is known of the model', async () => {
    const server = await startXinference()
    const llm = await connect(server).load()
    expect(llm.metadata).toEqual({
      contextWindow: 32768,
      contextWindowSource: 'registered',
      numOutput: 8192,
      modelName: 'my-qwen',
      servedModel: 'qwen2.5-instruct 0_5 q4_k_m',
      isChatModel: true,
      isFunctionCallingModel: true,
      isVisionModel: false,
    })
    expect(llm.modelDescription).toEqual(listedModel)
    expect(llm.warnings).toEqual([])
  })

  it.each(['metadata', 'warnings', 'maxTokens', 'contextWindow', 'modelDescription'] as const)(
    'is needed before %s can be read',
    async (property) => {
      const server = await startXinference()
      const llm = connect(server)
      expect(() => llm[property]).toThrow(expect.objectContaining({ code: 'NOT_LOADED' }))
      await llm.load()
      expect(() => llm[property]).not.toThrow()
    },
  )
})

describe('with', () => {
  it('makes a copy that shares the connection and what was loaded', async () => {
    const server = await startXinference()
    const llm = await connect(server).load()
    const copy = llm.with({ temperature: 0, maxTokens: 7 })
    expect(copy).not.toBe(llm)
    expect(copy.metadata.numOutput).toBe(7)
    expect(llm.metadata.numOutput).toBe(8192)
    await copy.complete('Hello')
    await llm.complete('Hello')
    expect(server.requestsTo(listRoute)).toHaveLength(1)
    // undici takes a second one for a request that follows in the same moment.
    expect(server.connectionCount).toBeLessThanOrEqual(2)
    expect(server.bodiesTo(chatRoute)).toMatchObject([
      { temperature: 0, max_tokens: 7 },
      { temperature: 1, max_tokens: 8192 },
    ])
  })

  it('connects anew when the address or the credential changes', async () => {
    const server = await startXinference()
    const llm = await connect(server).load()
    const copy = llm.with({ apiKey: 'other' })
    expect(() => copy.metadata).toThrow(expect.objectContaining({ code: 'NOT_LOADED' }))
    await copy.load()
    expect(server.requestsTo(listRoute).map(({ headers }) => headers['authorization'])).toEqual([
      undefined,
      'Bearer other',
    ])
    await copy.unload()
  })

  it('validates the copy like a new one', async () => {
    const server = await startXinference()
    const llm = await connect(server).load()
    expect(() => llm.with({ temperature: 3 })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    expect(() => llm.with({ top_p: 1 } as object)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    expect(() => llm.with({ maxTokens: 40_000 })).toThrow(expect.objectContaining({ code: 'CONTEXT_OVERFLOW' }))
  })

  it('keeps the sockets for as long as one copy needs them', async () => {
    const server = await startXinference()
    const llm = await connect(server).load()
    const copy = llm.with({ temperature: 0 })
    const { connectionCount } = server
    await llm.unload()
    await copy.complete('Hello')
    await copy.complete('Hello')
    expect(server.connectionCount).toBeLessThanOrEqual(connectionCount + 1)
    expect(server.openSockets).toBe(server.connectionCount)
    await copy.unload()
    await server.allSocketsClosed()
  })

  it('holds no sockets for a copy that it refused', async () => {
    const server = await startXinference()
    const llm = await connect(server).load()
    expect(() => llm.with({ maxTokens: 40_000 })).toThrow()
    await llm.unload()
    await server.allSocketsClosed()
  })

  it('keeps the observers of its original', async () => {
    const server = await startXinference()
    const llm = await connect(server).load()
    const heard: string[] = []
    llm.callbackManager.on('llm-end', ({ response }) => heard.push(response.text))
    await llm.with({ temperature: 0 }).complete('Hello')
    expect(heard).toEqual(['Hello'])
  })
})

describe('unload', () => {
  it('closes all sockets, and the next call loads again', async () => {
    const server = await startXinference()
    const llm = await connect(server).load()
    await llm.unload()
    await server.allSocketsClosed()
    expect(() => llm.metadata).toThrow(expect.objectContaining({ code: 'NOT_LOADED' }))
    await llm.complete('Hello')
    expect(server.requestsTo(listRoute)).toHaveLength(2)
  })

  it('may be called twice, and before load', async () => {
    const server = await startXinference()
    const llm = connect(server)
    await llm.unload()
    await llm.load()
    await llm.unload()
    await llm.unload()
    await server.allSocketsClosed()
  })

  it('is what disposing does', async () => {
    const server = await startXinference()
    const llm = await connect(server).load()
    await llm[Symbol.asyncDispose]()
    await server.allSocketsClosed()
  })

  it('ends a load that hangs', async () => {
    const server = await startXinference({ routes: { [listRoute]: [{ end: 'hang' }] } })
    const llm = connect(server)
    const failure = errorOf(llm.load())
    await server.received(listRoute)
    await llm.unload()
    expect(await failure).toMatchObject({ code: 'ABORTED' })
    await server.allSocketsClosed()
  })

  it('wins over a load that ends at the same time', async () => {
    const server = await startXinference()
    const llm = connect(server, { modelDescription: listedModel })
    const loading = llm.load().then(
      () => 'loaded',
      (error: { code: string }) => error.code,
    )
    await llm.unload()
    expect(await loading).toBe('ABORTED')
    expect(() => llm.metadata).toThrow(expect.objectContaining({ code: 'NOT_LOADED' }))
    expect((await llm.complete('Hello')).text).toBe('Hello')
  })
})

describe('loadModel', () => {
  it('gives a loaded handle, the window and the description, and changes nothing', async () => {
    const server = await startXinference({
      routes: { [listRoute]: modelList(listedModel, { ...listedModel, id: 'other', context_length: 4096 }) },
    })
    const llm = connect(server, { maxTokens: 5, apiKey: 'marked-key' })
    const before = JSON.stringify(llm)
    const [handle, contextWindow, description] = await llm.loadModel('other', server.url)
    expect(handle.metadata).toMatchObject({ modelName: 'other', numOutput: 1024 })
    expect(contextWindow).toBe(4096)
    expect(description).toMatchObject({ id: 'other' })
    expect(JSON.stringify(llm)).toBe(before)
    expect(() => llm.metadata).toThrow(expect.objectContaining({ code: 'NOT_LOADED' }))
    expect(server.requests[0]?.headers['authorization']).toBe('Bearer marked-key')
    await handle.unload()
  })

  it("sends no credential to another server than the key's own", async () => {
    const own = await startXinference()
    const foreign = await startXinference()
    const llm = connect(own, { apiKey: 'marked-key', headers: { 'x-gateway': 'marked-header' } })
    const [handle] = await llm.loadModel('my-qwen', foreign.url)
    await handle.complete('Hello')
    await handle.unload()
    expect(foreign.requests).toHaveLength(2)
    expect(JSON.stringify(foreign.requests)).not.toContain('marked')
  })

  it('says which models there are when there is no such uid', async () => {
    const server = await startXinference()
    const error = await errorOf(connect(server).loadModel('nobody', server.url))
    expect(error).toMatchObject({ code: 'MODEL_NOT_FOUND', available: ['my-qwen'] })
    await server.allSocketsClosed()
  })
})

describe('the endpoint', () => {
  it.each(['', '/', '/v1', '/v1/'])('may end in "%s"', async (ending) => {
    const server = await startXinference()
    const llm = connect({ url: server.url + ending })
    await llm.complete('Hello')
    expect(llm.endpoint).toBe(server.url)
    expect(server.requests.map(({ path }) => path)).toEqual(['/v1/models', '/v1/chat/completions'])
  })

  it('may have a path that a gateway put before', async () => {
    const server = await startXinference({
      routes: {
        'GET /xinference/v1/models': modelList(listedModel),
        'POST /xinference/v1/chat/completions': chatStream('Hello'),
      },
    })
    expect((await connect({ url: `${server.url}/xinference/v1` }).complete('Hello')).text).toBe('Hello')
  })

  it('comes from the environment, or is that of a local server', async () => {
    const server = await startXinference()
    const runtime = realRuntime({ XINFERENCE_ENDPOINT: server.url, XINFERENCE_API_KEY: 'from-environment' })
    const llm = new Xinference({ modelUid: 'my-qwen' }, { runtime })
    await llm.load()
    await llm.unload()
    expect(server.requests[0]?.headers['authorization']).toBe('Bearer from-environment')
    expect(new Xinference({ modelUid: 'my-qwen' }, { runtime: realRuntime() }).endpoint).toBe('http://127.0.0.1:9997')
  })
})
