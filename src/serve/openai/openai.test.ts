import { afterEach, describe, expect, it } from 'vitest'

import { ContextOverflowError } from '../../errors/context-overflow-error.js'
import { InvalidOutputError } from '../../errors/invalid-output-error.js'
import { ServerError } from '../../errors/server-error.js'
import { type LLMServer, serve, type ServeOptions } from '../index.js'
import { createGate, openSocket, post, type Reply, ScriptedModel, send } from '../../../test/support/scripted-model.js'

let server: LLMServer

afterEach(() => server.close())

async function start(model = new ScriptedModel(), options: ServeOptions = {}): Promise<ScriptedModel> {
  server = await serve(model, { as: 'openai', port: 0, drainMs: 0, modelUid: 'org/demo', ...options })
  return model
}

const messages = [{ role: 'user', content: 'Hi' }]
const ask = (path: string, body: unknown, headers = {}): Promise<Reply> =>
  send(server.port, 'POST', path, body, headers)
const chat = (body: object = {}): Promise<Reply> =>
  ask('/v1/chat/completions', { model: 'org/demo', messages, ...body })
const complete = (body: object = {}): Promise<Reply> =>
  ask('/v1/completions', { model: 'org/demo', prompt: 'P', ...body })
const parse = ({ text }: Reply): unknown => JSON.parse(text)
const eventsOf = ({ text }: Reply): unknown[] =>
  text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => (event === 'data: [DONE]' ? event : (JSON.parse(event.replace(/^data: /, '')) as unknown)))

describe('a chat', () => {
  it('is answered in the form of OpenAI', async () => {
    await start()
    expect(parse(await chat())).toEqual({
      id: expect.stringMatching(/^chatcmpl-/),
      created: expect.closeTo(Date.now() / 1000, -2),
      model: 'org/demo',
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, logprobs: null, finish_reason: 'stop' }],
      usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
    })
  })

  it('can be streamed', async () => {
    await start()
    const events = eventsOf(await chat({ stream: true, stream_options: { include_usage: true } }))
    expect(events).toMatchObject([
      { object: 'chat.completion.chunk', choices: [{ delta: { role: 'assistant' } }] },
      { choices: [{ delta: { content: 'Hel' }, finish_reason: null }] },
      { choices: [{ delta: { content: 'lo' } }] },
      { choices: [{ delta: {}, finish_reason: 'stop' }] },
      { choices: [], usage: { total_tokens: 11 } },
      'data: [DONE]',
    ])
  })

  it('has reasoning and tool calls where there are some', async () => {
    const calls = [{ id: 'call_1', name: 'add', arguments: '{}' }]
    const steps = [
      { type: 'reasoning' as const, reasoningDelta: 'Hm' },
      { type: 'tool-call' as const, index: 0, id: 'call_1', name: 'add', argumentsDelta: '{' },
      { type: 'tool-call' as const, index: 0, id: undefined, name: undefined, argumentsDelta: '}' },
    ]
    const finishReason = { unified: 'tool-calls', raw: undefined } as const
    const answer = { reasoning: 'Hm', toolCalls: calls, finishReason }
    await start(new ScriptedModel(steps as never, answer, { isFunctionCallingModel: true }))
    const called = { id: 'call_1', type: 'function', function: { name: 'add', arguments: '{}' } }
    expect(parse(await chat())).toMatchObject({
      choices: [
        { message: { content: null, reasoning_content: 'Hm', tool_calls: [called] }, finish_reason: 'tool_calls' },
      ],
    })
    expect(eventsOf(await chat({ stream: true })).slice(1, 5)).toMatchObject([
      { choices: [{ delta: { reasoning_content: 'Hm' } }] },
      { choices: [{ delta: { tool_calls: [{ index: 0, id: 'call_1', function: { name: 'add', arguments: '{' } }] } }] },
      { choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: '}' } }] } }] },
      { choices: [{ finish_reason: 'tool_calls' }] },
    ])
  })

  it("takes a developer's message for the system's", async () => {
    const model = await start()
    await chat({ messages: [{ role: 'developer', content: 'Be terse.' }, ...messages] })
    expect(model.calls[0]?.input).toEqual([{ role: 'system', content: 'Be terse.' }, ...messages])
  })

  it('that was cut before its JSON was whole is what there is of it', async () => {
    const error = new InvalidOutputError('The answer is not JSON.', { issues: [] })
    error.partial = { text: '{"a', reasoning: undefined, usage: undefined }
    await start(new ScriptedModel(['{"a', error]))
    const cut = { choices: [{ message: { content: '{"a' }, finish_reason: 'length' }] }
    expect(parse(await chat())).toMatchObject(cut)
    expect(eventsOf(await chat({ stream: true })).at(-2)).toMatchObject({ choices: [{ finish_reason: 'length' }] })
  })

  it.each([
    [{}, {}],
    [
      { max_tokens: 5, temperature: 0.5, top_p: 0.9, seed: 7, stop: 'a', presence_penalty: 1, frequency_penalty: -1 },
      { maxTokens: 5, temperature: 0.5, topP: 0.9, seed: 7, stop: 'a', presencePenalty: 1, frequencyPenalty: -1 },
    ],
    [
      { max_completion_tokens: 6, logprobs: true, top_logprobs: 3, n: 2 },
      { maxTokens: 6, logprobs: 3, n: 2 },
    ],
    [{ logprobs: true, temperature: null, stop: null }, { logprobs: true }],
    [
      {
        response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' }, strict: true } },
      },
      { structuredOutput: { format: 'json', name: 'x', schema: { type: 'object' } } },
    ],
    [
      { response_format: { type: 'json_object' } },
      { structuredOutput: { format: 'json', schema: { type: 'object' } } },
    ],
    [
      { response_format: { type: 'json_object', value: { type: 'array' } } },
      { structuredOutput: { format: 'json', schema: { type: 'array' } } },
    ],
    [
      { response_format: { type: 'json_object', schema: { type: 'array' } } },
      { structuredOutput: { format: 'json', schema: { type: 'array' } } },
    ],
    [
      { tools: [{ type: 'function', function: { name: 'add' } }], tool_choice: 'auto' },
      { tools: [{ name: 'add' }], toolChoice: 'auto' },
    ],
  ])('of %j asks the model for %j', async (body, expected) => {
    const model = await start()
    expect((await chat(body)).status).toBe(200)
    const { signal: _signal, ...options } = model.calls[0]?.options ?? {}
    expect(JSON.parse(JSON.stringify(options))).toEqual(expected)
  })

  it('is left with its client', async () => {
    const model = await start(new ScriptedModel([createGate().passed]))
    const client = await openSocket(server.port, post('/v1/chat/completions', { model: 'org/demo', messages }))
    await model.asked
    client.socket.destroy()
    await model.aborted
  })
})

describe('a completion', () => {
  it('continues literal text, whole or streamed', async () => {
    const model = await start()
    expect(parse(await complete())).toMatchObject({
      object: 'text_completion',
      choices: [{ index: 0, text: 'Hello', finish_reason: 'stop' }],
    })
    expect(model.calls[0]).toMatchObject({ input: 'P', options: { raw: true } })
    expect(eventsOf(await complete({ stream: true, stream_options: { include_usage: true } }))).toMatchObject([
      { choices: [{ text: 'Hel', finish_reason: null }] },
      { choices: [{ text: 'lo' }] },
      { choices: [{ text: '', finish_reason: 'stop' }] },
      { choices: [], usage: { total_tokens: 11 } },
      'data: [DONE]',
    ])
  })

  it('takes a list of prompts, and counts them together', async () => {
    const model = await start()
    const prompt = ['P', 'Q']
    expect(parse(await complete({ prompt }))).toMatchObject({
      choices: [
        { index: 0, text: 'Hello' },
        { index: 1, text: 'Hello' },
      ],
      usage: { prompt_tokens: 18, completion_tokens: 4, total_tokens: 22 },
    })
    const streamed = { prompt, stream: true, stream_options: { include_usage: true } }
    expect(eventsOf(await complete(streamed))).toMatchObject([
      ...[0, 1].flatMap((index) => [
        { choices: [{ index, text: 'Hel' }] },
        { choices: [{ index, text: 'lo' }] },
        { choices: [{ index, finish_reason: 'stop' }] },
      ]),
      { choices: [], usage: { total_tokens: 22 } },
      'data: [DONE]',
    ])
    expect(model.calls.map(({ input }) => input)).toEqual(['P', 'Q', 'P', 'Q'])
    for (const wrong of [[], [1], 7]) expect((await complete({ prompt: wrong })).status).toBe(400)
  })

  it('has no route where there are conversations alone', async () => {
    await start(new ScriptedModel(), { completions: false })
    expect((await complete()).status).toBe(404)
    expect((await chat()).status).toBe(200)
  })
})

describe('models', () => {
  it('are listed, and one is found by a name with a slash', async () => {
    await start()
    const entry = { id: 'org/demo', object: 'model', created: 0, owned_by: 'headrace' }
    const look = (path: string): Promise<Reply> => send(server.port, 'GET', path)
    expect(parse(await look('/v1/models'))).toEqual({ object: 'list', data: [entry] })
    expect(parse(await look('/v1/models/org/demo'))).toEqual(entry)
    expect((await look('/v1/models/org/other')).status).toBe(404)
    expect((await look('/health')).status).toBe(200)
  })
})

describe('what goes wrong', () => {
  const error = (message: unknown, code: unknown = null, type = 'invalid_request_error'): object => ({
    error: { message, type, param: null, code },
  })

  it.each([
    [{ model: 'other' }, 404, 'model_not_found', /"other" does not exist\. There is: org\/demo\./],
    [{ messages: [] }, 400, null, /^messages: /],
    [{ temperature: 3 }, 400, null, /^temperature: /],
    [{ messages: [{ role: 'user' }] }, 400, null, /Expected 'content'/],
    [{ top_logprobs: 1 }, 400, null, /^top_logprobs needs/],
    [{ n: 2, stream: true }, 400, null, /^n: /],
  ])('%j is refused with %i', async (body, status, code, message) => {
    await start()
    const reply = await chat(body)
    expect([reply.status, parse(reply)]).toEqual([status, error(expect.stringMatching(message), code)])
  })

  it('a body that is no JSON, or too large', async () => {
    await start(undefined, { limits: { maxBodyBytes: 100 } })
    expect((await ask('/v1/chat/completions', '{')).status).toBe(400)
    expect(await ask('/v1/chat/completions', '[]')).toMatchObject({ status: 400 })
    const large = await ask('/v1/chat/completions', 'a'.repeat(101))
    expect([large.status, parse(large)]).toEqual([413, error(expect.stringContaining('100 bytes'))])
  })

  it('paths and methods that there are not', async () => {
    await start()
    expect(await send(server.port, 'GET', '/v1/chat/completions')).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
    })
    expect(parse(await ask('/v1/other', {}))).toEqual(error('Unknown request URL: POST /v1/other.'))
  })

  it('a model that fails: before its first word with a status, after it in an event', async () => {
    const failure = error('It broke.', null, 'server_error')
    await start(new ScriptedModel([new ServerError('It broke.')]))
    const [whole, stream] = [await chat(), await chat({ stream: true })]
    expect([whole.status, parse(whole), stream.status, parse(stream)]).toEqual([500, failure, 500, failure])
    await server.close()
    await start(new ScriptedModel(['a', new ServerError('It broke.')]))
    expect(eventsOf(await chat({ stream: true })).at(-1)).toEqual(failure)
  })

  it('a prompt that is too long, and a chat with a model that does not', async () => {
    await start(new ScriptedModel([new ContextOverflowError('Too long.', {})]))
    expect(parse(await chat())).toEqual(error('Too long.', 'context_length_exceeded'))
    await server.close()
    await start(new ScriptedModel([], {}, { isChatModel: false }))
    expect(await chat()).toMatchObject({ status: 400 })
  })

  it('a wrong key', async () => {
    await start(new ScriptedModel(), { apiKey: 'right' })
    const reply = await chat()
    expect([reply.status, parse(reply)]).toEqual([401, error(expect.any(String), 'invalid_api_key')])
    const body = { model: 'org/demo', messages }
    expect((await ask('/v1/chat/completions', body, { authorization: 'Bearer right' })).status).toBe(200)
  })

  it('more requests than the model takes', async () => {
    const model = await start(new ScriptedModel([createGate().passed]), { limits: { maxModelRequests: 1 } })
    const client = await openSocket(server.port, post('/v1/chat/completions', { model: 'org/demo', messages }))
    await model.asked
    expect((await chat()).status).toBe(429)
    client.socket.destroy()
    await model.aborted
  })
})
