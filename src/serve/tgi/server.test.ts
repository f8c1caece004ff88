import { afterEach, describe, expect, it } from 'vitest'

import { createServer, type LLMServer, serve, type ServedToken, type ServeOptions } from '../index.js'
import { createGate, openSocket, post, type Reply, ScriptedModel, send } from '../../../test/support/scripted-model.js'

let server: LLMServer | undefined

afterEach(async () => {
  await server?.close()
  server = undefined
})

async function start(model = new ScriptedModel(), options: ServeOptions = {}): Promise<LLMServer> {
  return (server = await serve(model, { as: 'tgi', port: 0, drainMs: 0, ...options }))
}

const json = { 'content-type': 'application/json' }
const ask = (path: string, body: unknown, headers: object = {}): Promise<Reply> =>
  send(server?.port ?? 0, 'POST', path, body, { ...json, ...headers })
const look = (path: string): Promise<Reply> => send(server?.port ?? 0, 'GET', path)

describe('what a server of TGI says of itself', () => {
  it('is in /info and /v1/models', async () => {
    await start(new ScriptedModel(), { modelUid: 'org/model', limits: { maxConcurrency: 7 } })
    expect(JSON.parse((await look('/info')).text)).toEqual({
      model_id: 'org/model',
      model_sha: null,
      model_pipeline_tag: 'text-generation',
      max_concurrent_requests: 7,
      max_best_of: 1,
      max_stop_sequences: 4,
      max_input_tokens: 2047,
      max_total_tokens: 2048,
      validation_workers: 1,
      max_client_batch_size: 4,
      router: 'text-generation-router',
      version: '3.3.6',
      sha: null,
      docker_label: null,
    })
    expect(JSON.parse((await look('/v1/models')).text)).toEqual({
      object: 'list',
      data: [{ id: 'org/model', object: 'model', created: 0, owned_by: 'org/model' }],
    })
  })

  it('leaves out limits that nobody knows', async () => {
    await start(new ScriptedModel([], {}, { contextWindow: undefined }))
    const info = JSON.parse((await look('/info')).text) as object
    expect(info).toMatchObject({ max_concurrent_requests: 128 })
    expect(info).not.toHaveProperty('max_total_tokens')
  })

  it.each(['/', '/health', '/ping'])('is nothing but its health at %s', async (path) => {
    await start()
    expect(await look(path)).toMatchObject({ status: 200, text: '' })
  })

  it('is nothing on other paths', async () => {
    await start()
    expect(await look('/v1/nothing')).toMatchObject({ status: 404, text: '' })
    expect(await look('/generate')).toMatchObject({ status: 405, text: '', headers: { allow: 'POST' } })
  })
})

describe('a key', () => {
  it.each([undefined, 'Bearer wrong', 'right'])('that is %s gets nothing', async (authorization) => {
    const model = new ScriptedModel()
    await start(model, { apiKey: 'right' })
    const headers = authorization === undefined ? {} : { authorization }
    for (const path of ['/', '/generate', '/generate_stream', '/v1/chat/completions', '/v1/completions', '/tokenize']) {
      expect(await ask(path, { inputs: 'P' }, headers)).toMatchObject({ status: 401, text: '' })
    }
    expect((await look('/info')).status).toBe(200)
    expect(model.calls).toEqual([])
  })

  it('that is right gets all', async () => {
    await start(new ScriptedModel(), { apiKey: 'right' })
    expect((await ask('/generate', { inputs: 'P' }, { authorization: 'Bearer right' })).status).toBe(200)
  })
})

describe('more requests than it takes', () => {
  it('are refused with 429, on the native stream in an event; other routes answer', async () => {
    const gate = createGate()
    const model = new ScriptedModel([gate.passed])
    const { port } = await start(model, { limits: { maxConcurrency: 1 } })
    const busy = await openSocket(port, post('/generate', { inputs: 'P' }, 'Content-Type: application/json\r\n'))
    await model.asked
    const body = { error: 'Model is overloaded', error_type: 'overloaded' }
    for (const [path, request] of [
      ['/generate', { inputs: 'P' }],
      ['/v1/chat/completions', { messages: [{ role: 'user', content: 'Hi' }] }],
      ['/v1/completions', { prompt: 'P', stream: true }],
    ] as const) {
      const reply = await ask(path, request)
      expect([reply.status, JSON.parse(reply.text)]).toEqual([429, body])
    }
    expect((await ask('/generate_stream', { inputs: 'P' })).text).toBe(`data:${JSON.stringify(body)}\n\n`)
    expect((await look('/health')).status).toBe(200)
    gate.open()
    await busy.until('generated_text')
    busy.socket.destroy()
    expect((await ask('/generate', { inputs: 'P' })).status).toBe(200)
  })
})

describe('tokens', () => {
  class Tokenizing extends ScriptedModel {
    async tokenize(text: string): Promise<ServedToken[]> {
      return [{ id: 1, text: '' }, ...text.split(/(?= )/).map((word, index) => ({ id: index + 2, text: word }))]
    }
    async prepareInput(): Promise<{ prompt: string }> {
      return { prompt: '<u> Hi' }
    }
  }

  it('are listed with their places', async () => {
    await start(new Tokenizing())
    const of = (first: string, second: string): object[] => [
      { id: 1, text: '', start: 0, stop: 0 },
      { id: 2, text: first, start: 0, stop: first.length },
      { id: 3, text: second, start: first.length, stop: first.length + second.length },
    ]
    expect(JSON.parse((await ask('/tokenize', { inputs: 'Hi you' })).text)).toEqual(of('Hi', ' you'))
    expect(JSON.parse((await ask('/chat_tokenize', { messages: [{ role: 'user', content: 'Hi' }] })).text)).toEqual({
      tokenize_response: of('<u>', ' Hi'),
      templated_text: '<u> Hi',
    })
  })

  it('are not known of every model', async () => {
    await start()
    const body = { error: 'No fast tokenizer or tokenizer.json for this model', error_type: 'no fast tokenizer' }
    for (const [path, request] of [
      ['/tokenize', { inputs: 'Hi' }],
      ['/chat_tokenize', { messages: [{ role: 'user', content: 'Hi' }] }],
    ] as const) {
      const reply = await ask(path, request)
      expect([reply.status, JSON.parse(reply.text)]).toEqual([404, body])
    }
  })
})

describe('the options', () => {
  it('refuse several models, and what is of other protocols', async () => {
    const models = { a: new ScriptedModel(), b: new ScriptedModel() }
    await expect(createServer({ as: 'tgi', models })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      option: 'models',
    })
    await expect(serve(new ScriptedModel(), { as: 'tgi', completions: false })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      option: 'completions',
    })
  })
})
