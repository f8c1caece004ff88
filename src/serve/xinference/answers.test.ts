import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { InvalidOutputError } from '../../errors/invalid-output-error.js'
import { createServer, type LLMServer, serve } from '../index.js'
import { ScriptedModel, send } from '../../../test/support/scripted-model.js'

let server: LLMServer

afterEach(() => server.close())

async function start(model: ScriptedModel): Promise<void> {
  server = await serve(model, { port: 0, drainMs: 0 })
}

async function post(path: string, body: object): Promise<unknown> {
  const { status, headers, text } = await send(server.port, 'POST', path, { model: 'demo', ...body })
  expect([status, headers['content-type']]).toEqual([200, 'application/json'])
  return JSON.parse(text)
}

const messages = [{ role: 'user', content: 'Hi' }]
const chat = (body: object = {}): Promise<unknown> => post('/v1/chat/completions', { messages, ...body })

describe('a whole chat answer', () => {
  it('has the form of llama.cpp', async () => {
    await start(new ScriptedModel(['Hel', 'lo']))
    expect(await chat()).toEqual({
      choices: [{ finish_reason: 'stop', index: 0, message: { role: 'assistant', content: 'Hello' } }],
      created: expect.closeTo(Date.now() / 1000, -2),
      model: 'demo',
      system_fingerprint: 'headrace',
      object: 'chat.completion',
      usage: { completion_tokens: 2, prompt_tokens: 9, total_tokens: 11 },
      id: expect.stringMatching(/^chatcmpl-/),
    })
  })

  it('has reasoning, tool calls and log-probabilities where there are some', async () => {
    const toolCalls = [{ id: 'call_1', name: 'add', arguments: '{}' }]
    const logprobs = [{ token: 'a', logprob: -1, bytes: [97], top: [] }]
    const usage = { inputTokens: undefined, outputTokens: undefined, totalTokens: undefined }
    await start(
      new ScriptedModel([], {
        reasoning: 'Hm',
        toolCalls,
        logprobs,
        usage,
        finishReason: { unified: 'tool-calls', raw: undefined },
      }),
    )
    expect(await chat()).toMatchObject({
      choices: [
        {
          finish_reason: 'tool_calls',
          message: {
            content: null,
            reasoning_content: 'Hm',
            tool_calls: [{ type: 'function', id: 'call_1', function: { name: 'add', arguments: '{}' } }],
          },
          logprobs: { content: [{ token: 'a', logprob: -1, bytes: [97], top_logprobs: [] }] },
        },
      ],
      usage: { completion_tokens: -1, prompt_tokens: -1, total_tokens: -1 },
    })
  })

  it('is what there is of an answer that is not the JSON that was asked for', async () => {
    const error = new InvalidOutputError('The answer is not JSON.', { issues: [] })
    error.partial = { text: '{"a', reasoning: undefined, usage: undefined }
    await start(new ScriptedModel([error]))
    expect(await chat()).toMatchObject({ choices: [{ finish_reason: 'length', message: { content: '{"a' } }] })
  })
})

describe('a whole completion', () => {
  it('has the form of llama.cpp', async () => {
    await start(new ScriptedModel(['Once']))
    expect(await post('/v1/completions', { prompt: 'P' })).toMatchObject({
      choices: [{ text: 'Once', index: 0, logprobs: null, finish_reason: 'stop' }],
      object: 'text_completion',
      usage: { total_tokens: 11 },
    })
  })
})

describe('what reaches the model', () => {
  let model: ScriptedModel

  beforeEach(async () => {
    model = new ScriptedModel(['Hi'], {}, { isFunctionCallingModel: true })
    await start(model)
  })

  async function options(body: object): Promise<unknown> {
    await chat(body)
    const { signal, ...rest } = model.calls[0]?.options ?? {}
    expect(signal).toBeInstanceOf(AbortSignal)
    return JSON.parse(JSON.stringify(rest))
  }

  it('is nothing for what was not sent', async () => {
    expect(await options({})).toEqual({})
  })

  it('is every sampling field that the engine honours', async () => {
    const body = {
      max_tokens: 5,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 3,
      presence_penalty: 1,
      frequency_penalty: -1,
      seed: 7,
      stop: ['a', ''],
      stop_token_ids: 2,
      logprobs: true,
      top_logprobs: 4,
    }
    expect(await options(body)).toEqual({
      maxTokens: 5,
      temperature: 0.5,
      topP: 0.9,
      topK: 3,
      presencePenalty: 1,
      frequencyPenalty: -1,
      seed: 7,
      stop: ['a'],
      stopTokenIds: [2],
      logprobs: 4,
    })
  })

  it('is nothing of what the engine ignores, does not know, or drops', async () => {
    const body = {
      repetition_penalty: 1.1,
      response_format: { type: 'json_object' },
      guided_json: {},
      guided_regex: 'a',
      extra_body: { guided_choice: ['a'] },
      lora_name: 'l',
      request_id: 'r',
      n: 3,
      user: 'u',
      min_p: 0.1,
      ignore_eos: true,
      stream_interval: 4,
      max_tokens: null,
      stop: null,
      seed: -1,
      max_completion_tokens: -1,
    }
    expect(await options(body)).toEqual({})
  })

  it('is max_completion_tokens rather than max_tokens', async () => {
    expect(await options({ max_tokens: 5, max_completion_tokens: 6 })).toEqual({ maxTokens: 6 })
  })

  it('is a JSON schema', async () => {
    const schema = { type: 'object' }
    const body = { response_format: { type: 'json_schema', json_schema: { name: 'person', schema } } }
    expect(await options(body)).toEqual({ structuredOutput: { format: 'json', name: 'person', schema } })
  })

  it('is tools and the choice among them', async () => {
    const described = { name: 'add', description: 'Adds.', parameters: { type: 'object' } }
    const body = {
      tools: [{ type: 'function', function: described }],
      tool_choice: { type: 'function', function: { name: 'add' } },
      parallel_tool_calls: false,
    }
    expect(await options(body)).toEqual({
      tools: [described],
      toolChoice: { name: 'add' },
      parallelToolCalls: false,
    })
  })

  it.each([
    [{ enable_thinking: false }, { enable_thinking: false, thinking: false }],
    [{ extra_body: { enable_thinking: true } }, { enable_thinking: true, thinking: true }],
    [{ chat_template_kwargs: '{"a":1}' }, { a: 1 }],
    [
      { chat_template_kwargs: { a: 1 }, enable_thinking: true },
      { a: 1, enable_thinking: true, thinking: true },
    ],
  ])('is %j as variables of the template', async (body, chatTemplateKwargs) => {
    expect(await options(body)).toEqual({ chatTemplateKwargs })
  })

  it('is the conversation', async () => {
    const call = { id: 'call_1', type: 'function', function: { name: 'add', arguments: '{}' } }
    await chat({
      messages: [
        { role: 'system', content: 'Be kind.' },
        {
          role: 'user',
          name: 'Ann',
          content: [{ type: 'text', text: 'a' }, { type: 'image_url' }, { type: 'text', text: 'b' }],
        },
        { role: 'assistant', content: null, tool_calls: [call], reasoning_content: 'Hm' },
        { role: 'tool', content: '3', tool_call_id: 'call_1' },
      ],
    })
    expect(model.calls[0]?.input).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', name: 'Ann', content: 'a\n\nb' },
      { role: 'assistant', content: '', toolCalls: [{ id: 'call_1', name: 'add', arguments: '{}' }], reasoning: 'Hm' },
      { role: 'tool', content: '3', toolCallId: 'call_1' },
    ])
  })

  it('is literal text on the completion route', async () => {
    await post('/v1/completions', { prompt: 'Once', max_tokens: 3, logprobs: 2 })
    expect(model.calls[0]).toMatchObject({ input: 'Once', options: { raw: true, maxTokens: 3, logprobs: 2 } })
  })
})

describe('images', () => {
  const withImage = (url: string): object => ({
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'See' },
          { type: 'image_url', image_url: { url } },
        ],
      },
    ],
  })

  it('reach a model that can see', async () => {
    const model = new ScriptedModel(['Hi'], {}, { isVisionModel: true })
    await start(model)
    await chat(withImage('data:image/png;base64,AA=='))
    expect(model.calls[0]?.input).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'See' },
          { type: 'image', image: 'data:image/png;base64,AA==' },
        ],
      },
    ])
  })

  it.each(['/etc/passwd', 'file:///etc/passwd', 'secret.png'])('are never read from this machine: %s', async (url) => {
    const model = new ScriptedModel(['Hi'], {}, { isVisionModel: true })
    await start(model)
    const reply = await send(server.port, 'POST', '/v1/chat/completions', { model: 'demo', ...withImage(url) })
    expect(reply.status).toBe(500)
    expect(model.calls).toEqual([])
  })
})

describe('the model list', () => {
  it('has an entry for each model, and describes one', async () => {
    const generator = new ScriptedModel([], {}, { isChatModel: false, modelName: 'base', contextWindow: undefined })
    const chatter = new ScriptedModel([], {}, { isFunctionCallingModel: true, isVisionModel: true })
    server = await createServer({ models: { base: generator, 'org/chat': chatter }, port: 0 })
    const described = {
      model_type: 'LLM',
      address: `127.0.0.1:${server.port}`,
      accelerators: [],
      model_name: 'demo',
      model_lang: ['en'],
      model_ability: ['chat', 'generate', 'tools', 'vision'],
      model_description: 'demo, served by Headrace.',
      model_format: 'ggufv2',
      model_size_in_billions: null,
      model_family: 'demo',
      quantization: null,
      multimodal_projector: null,
      model_hub: 'huggingface',
      revision: null,
      context_length: 2048,
      strict_system_first: false,
      model_engine: 'llama.cpp',
      replica: 1,
    }
    const list = await send(server.port, 'GET', '/v1/models')
    expect(JSON.parse(list.text)).toEqual({
      object: 'list',
      data: [
        expect.objectContaining({ id: 'base', model_ability: ['generate'], context_length: null }),
        { id: 'org/chat', object: 'model', created: 0, owned_by: 'xinference', ...described },
      ],
    })
    for (const path of ['/v1/models/org/chat', '/v1/models/org%2Fchat']) {
      expect(JSON.parse((await send(server.port, 'GET', path)).text)).toEqual({ ...described, n_worker: 1 })
    }
  })
})
