import { afterEach, describe, expect, it } from 'vitest'

import { ServerError } from '../../errors/server-error.js'
import { type LLMServer, serve } from '../index.js'
import { type Reply, ScriptedModel, send, type Step } from '../../../test/support/scripted-model.js'

let server: LLMServer

afterEach(() => server.close())

async function start(model = new ScriptedModel()): Promise<ScriptedModel> {
  server = await serve(model, { as: 'tgi', port: 0, drainMs: 0 })
  return model
}

const messages = [{ role: 'user', content: 'Hi' }]
const ask = (body: object, path = '/v1/chat/completions'): Promise<Reply> =>
  send(server.port, 'POST', path, body, { 'content-type': 'application/json' })
const chat = (body: object = {}): Promise<Reply> => ask({ messages, ...body })
const parse = ({ text }: Reply): unknown => JSON.parse(text)
const eventsOf = ({ text }: Reply): unknown[] => {
  const events = text.split('\n\n').filter((event) => event !== '')
  expect(events.pop()).toBe('data: [DONE]')
  return events.map((event) => JSON.parse(event.replace(/^data: /, '')) as unknown)
}

const tokens: Step[] = ['Hel', 'lo'].map((text, index) => ({
  type: 'text',
  delta: text,
  logprobs: [{ token: text, logprob: -1 - index, bytes: [], top: [] }],
}))

describe('a whole chat', () => {
  it('has the form of OpenAI with an empty id', async () => {
    await start(new ScriptedModel(tokens))
    expect(parse(await chat({ logprobs: true }))).toEqual({
      object: 'chat.completion',
      id: '',
      created: expect.closeTo(Date.now() / 1000, -2),
      model: 'demo',
      system_fingerprint: '3.3.6-native',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello' },
          logprobs: {
            content: [
              { token: 'Hel', logprob: -1, top_logprobs: [] },
              { token: 'lo', logprob: -2, top_logprobs: [] },
            ],
          },
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
    })
  })

  it('keeps the stop string and says that it was one', async () => {
    await start()
    expect(parse(await chat({ stop: ['ell'] }))).toMatchObject({
      choices: [{ message: { content: 'Hell' }, finish_reason: 'stop_sequence' }],
    })
  })

  it('has tool calls of a model that takes tools', async () => {
    const toolCalls = [{ id: 'call_1', name: 'add', arguments: '{}' }]
    const model = await start(new ScriptedModel([], { toolCalls }, { isFunctionCallingModel: true }))
    const tools = [{ type: 'function', function: { name: 'add', description: null } }]
    const call = { id: 'call_1', type: 'function', function: { name: 'add', arguments: '{}' } }
    expect(parse(await chat({ tools, tool_choice: 'add' }))).toMatchObject({
      choices: [{ message: { tool_calls: [call] }, finish_reason: 'tool_calls' }],
    })
    expect(model.calls[0]?.options).toMatchObject({ tools: [{ name: 'add' }], toolChoice: { name: 'add' } })
    expect(eventsOf(await chat({ tools, stream: true }))).toMatchObject([
      { choices: [{ delta: { tool_calls: [{ index: 0, ...call }] }, finish_reason: 'tool_calls' }] },
    ])
    await chat({ tools, tool_choice: 'none' })
    expect(model.calls[2]?.options.tools).toBeUndefined()
  })
})

describe('a streamed chat', () => {
  it('has a chunk a token, one for the end, and the usage when it is asked for', async () => {
    await start()
    const events = eventsOf(await chat({ stream: true, stream_options: { include_usage: true } }))
    const chunk = (content: string, finish: string | null): object => ({
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: { role: 'assistant', content }, logprobs: null, finish_reason: finish }],
      usage: null,
    })
    expect(events).toMatchObject([
      chunk('Hel', null),
      chunk('lo', null),
      chunk('', 'stop'),
      { choices: [], usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 } },
    ])
  })

  it('tells a failure in an event with its status', async () => {
    await start(new ScriptedModel(['a', new ServerError('It broke.')]))
    const failure = { message: 'Request failed during generation: It broke.', http_status_code: 424 }
    expect(eventsOf(await chat({ stream: true })).at(-1)).toEqual({ error: failure })
    const wrong = await chat({ stream: true, top_p: 1 })
    expect([wrong.status, eventsOf(wrong)]).toMatchObject([200, [{ error: { http_status_code: 422 } }]])
  })
})

describe('what reaches the model', () => {
  it.each([
    [{}, { temperature: 1 }],
    [{ temperature: 0, seed: 3 }, { temperature: 0 }],
    [
      { temperature: 0.5, seed: 3, max_tokens: 4 },
      { temperature: 0.5, seed: 3, maxTokens: 4 },
    ],
    [
      { max_completion_tokens: 5, presence_penalty: 0.5 },
      { maxTokens: 5, repetitionPenalty: 2.5 },
    ],
    [{ logprobs: true, top_logprobs: 2 }, { logprobs: 2 }],
    [{ response_format: { type: 'regex', value: 'a+' } }, { structuredOutput: { format: 'regex', schema: 'a+' } }],
    [{ model: 'anything', n: 3, logit_bias: [1] }, { temperature: 1 }],
  ])('of %j is %j', async (body, expected) => {
    const model = await start()
    expect((await chat(body)).status).toBe(200)
    expect(model.calls[0]).toMatchObject({ input: messages, options: expected })
  })
})

describe('what is refused', () => {
  const typed = (type: string, error: unknown): object => ({ error, error_type: type })

  it.each([
    [{ stop: 'a' }, 'stop: invalid type: string "a", expected a sequence'],
    [{ stream: null }, 'stream: invalid type: null, expected a boolean'],
    [{ stream_options: null }, 'stream_options: invalid type: null, expected a map'],
    [{ logit_bias: { 5: 1 } }, 'logit_bias: invalid type: map, expected a sequence'],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: {} } } },
      'response_format: missing field `value`',
    ],
    [{ messages: undefined }, 'missing field `messages`'],
  ])('%j, in plain text', async (body, reason) => {
    await start()
    const reply = await chat(body)
    const text = `Failed to deserialize the JSON body into the target type: ${reason}`
    expect([reply.status, reply.text]).toEqual([422, text])
  })

  it('tools with a grammar, and tools that the model does not take', async () => {
    await start()
    const tools = [{ type: 'function', function: { name: 'add' } }]
    const both = await chat({ tools, response_format: { type: 'regex', value: 'a' } })
    expect([both.status, parse(both)]).toEqual([
      422,
      typed('tool_error', 'Tool error: Grammar and tools are mutually exclusive'),
    ])
    expect(parse(await chat({ tools }))).toEqual(typed('tool_error', 'Tool error: the model takes no tools'))
  })

  it('chats with a model that has no template', async () => {
    await start(new ScriptedModel([], {}, { isChatModel: false }))
    expect(parse(await chat())).toEqual(typed('template_error', expect.stringContaining('Template not found')))
  })

  it('no messages, and messages that cannot be read', async () => {
    await start()
    expect(parse(await chat({ messages: [] }))).toMatchObject(typed('validation', expect.any(String)))
    expect(parse(await chat({ messages: [{ role: 'user' }] }))).toMatchObject(
      typed('template_error', expect.stringContaining("Expected 'content'")),
    )
  })
})

describe('completions', () => {
  it('take a prompt, or a few', async () => {
    await start()
    const reply = await ask({ prompt: ['a', 'b'] }, '/v1/completions')
    expect(parse(reply)).toMatchObject({
      object: 'text_completion',
      choices: [
        { index: 0, text: 'Hello', finish_reason: 'stop' },
        { index: 1, text: 'Hello', finish_reason: 'stop' },
      ],
      usage: { prompt_tokens: 18, completion_tokens: 4, total_tokens: 22 },
    })
    expect(parse(await ask({ prompt: 'a' }, '/invocations'))).toMatchObject({ object: 'text_completion' })
    expect(parse(await ask({ messages }, '/invocations'))).toMatchObject({ object: 'chat.completion' })
  })

  it('can be streamed', async () => {
    await start()
    const body = { prompt: 'a', stream: true, stream_options: { include_usage: true } }
    expect(eventsOf(await ask(body, '/v1/completions'))).toMatchObject([
      { choices: [{ text: 'Hel', finish_reason: '' }] },
      { choices: [{ text: 'lo', finish_reason: '' }] },
      { choices: [{ text: '', finish_reason: 'stop' }] },
      { choices: [], usage: { total_tokens: 11 } },
    ])
  })

  it.each([
    [{ prompt: 'a', suffix: 'b' }, 'Suffix is not supported'],
    [{ prompt: '' }, '`inputs` cannot be empty'],
    [{ prompt: ['a', 'b', 'c', 'd', 'e'] }, 'maximum allowed batch size of 4'],
  ])('refuse %j', async (body, reason) => {
    await start()
    expect(await ask(body, '/v1/completions')).toMatchObject({
      status: 422,
      text: expect.stringContaining(reason) as string,
    })
  })
})
