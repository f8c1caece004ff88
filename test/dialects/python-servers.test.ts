/** llama-cpp-python's server and transformers serve: what they were seen to answer, and what they are sent. */
import { describe, expect, it, onTestFinished } from 'vitest'

import { InferenceEndpointsLLM, type InferenceEndpointsOptions } from '../../src/index.js'
import { fixture } from '../support/fixtures.js'
import { json, plainText, streamOf } from '../support/http-bytes.js'
import { drain, errorOf } from '../support/outcome-of.js'
import { type Answer, ScriptedServer } from '../support/scripted-server.js'

const question = [{ role: 'user', content: 'What is the capital of Norway?' }] as const
const chatRoute = 'POST /v1/chat/completions'
const tools = [{ name: 'weather', parameters: { type: 'object' } }]
const completionRoute = 'POST /v1/completions'

const llamaCppPython = {
  'GET /v1/models': json(200, {
    object: 'list',
    data: [{ id: 'demo', object: 'model', owned_by: 'me', permissions: [] }],
  }),
  'GET /openapi.json': json(200, { openapi: '3.1.0', info: { title: '🦙 llama.cpp Python API', version: '0.3.36' } }),
}
const transformersServe = {
  // Where there is no cache of the Hub.
  'GET /v1/models': plainText(500, 'Internal Server Error'),
  'GET /openapi.json': json(200, {
    openapi: '3.1.0',
    info: { title: 'FastAPI', version: '0.1.0' },
    paths: { '/v1/chat/completions': {}, '/v1/completions': {}, '/load_model': {}, '/reset': {}, '/v1/models': {} },
  }),
}
const answered = json(200, {
  object: 'chat.completion',
  model: 'demo',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'Oslo Nor way', tool_calls: null }, finish_reason: 'stop' },
  ],
  usage: { prompt_tokens: 15, completion_tokens: 3, total_tokens: 18 },
})
const completed = json(200, {
  object: 'text_completion',
  model: 'demo',
  choices: [{ index: 0, text: 'Oslo', finish_reason: 'stop' }],
})

async function open(
  routes: Readonly<Record<string, Answer>>,
  options: InferenceEndpointsOptions = {},
): Promise<{ readonly llm: InferenceEndpointsLLM; readonly server: ScriptedServer; readonly sent: () => unknown }> {
  const server = await ScriptedServer.start({ routes })
  const llm = new InferenceEndpointsLLM({ baseUrl: server.url, maxRetries: 0, waitTimeoutMs: 0, ...options })
  onTestFinished(async () => {
    await llm.unload()
    await server.close()
  })
  return { llm, server, sent: () => JSON.parse(server.requests.at(-1)?.body ?? '{}') as unknown }
}

describe('llama-cpp-python 0.3.36', () => {
  it('is known by its own description, with three requests', async () => {
    const { llm, server } = await open(llamaCppPython)
    await llm.load()
    expect(llm.server).toMatchObject({ engine: 'llama-cpp-python', version: '0.3.36' })
    expect(llm.warnings).toEqual([])
    expect(server.requests.map(({ path }) => path)).toEqual(['/v1/models', '/info', '/openapi.json'])
  })

  it('streams what it was seen to stream: without token counts, and under the path of its model', async () => {
    const { llm } = await open({
      ...llamaCppPython,
      [chatRoute]: streamOf(fixture('llama-cpp-python-0.3.36-chat.sse')),
      [completionRoute]: streamOf(fixture('llama-cpp-python-0.3.36-completion.sse')),
    })
    expect(await llm.streamChat(question).response()).toMatchObject({
      text: 'The capital of Norway is Oslo.',
      finishReason: { unified: 'stop', raw: 'stop' },
      usage: { inputTokens: undefined, outputTokens: undefined },
    })
    expect(await llm.streamComplete('The capital of', { raw: true }).response()).toMatchObject({
      text: ' Peru is Lima.',
      finishReason: { unified: 'length', raw: 'length' },
    })
  })

  it('has not answered when it says [DONE] without a reason: another request interrupted it', async () => {
    const bytes = fixture('llama-cpp-python-0.3.36-interrupted-chat.sse')
    const { llm } = await open({ ...llamaCppPython, [chatRoute]: streamOf(bytes) })
    const { parts, error } = await drain(llm.streamChat(question))
    expect(error).toMatchObject({ code: 'STREAM_TRUNCATED', partial: { text: 'f colors profile' } })
    expect(parts.some(({ type }) => type === 'finish')).toBe(false)
  })

  it('is asked in its own words', async () => {
    const { llm, sent } = await open({ ...llamaCppPython, [chatRoute]: answered, [completionRoute]: completed })
    const sampling = { temperature: 0.5, topK: 7, minP: 0.25, repetitionPenalty: 1.5, seed: 3, logitBias: { '5': -1 } }
    const wire = { temperature: 0.5, top_k: 7, min_p: 0.25, repeat_penalty: 1.5, seed: 3, logit_bias: { '5': -1 } }
    await llm.chat(question, { ...sampling, maxTokens: 9, logprobs: true })
    const logprobs = { logprobs: true, top_logprobs: 0 }
    expect(sent()).toEqual({ model: 'demo', messages: question, max_tokens: 9, stream: true, ...wire, ...logprobs })
    await llm.complete('x', { ...sampling, maxTokens: 9, raw: true, wireMode: 'json' })
    expect(sent()).toEqual({ model: 'demo', prompt: 'x', max_tokens: 9, ...wire })
    const schema = { type: 'string', maxLength: 20 }
    await errorOf(llm.chat(question, { structuredOutput: { format: 'json', schema } }))
    expect(sent()).toMatchObject({ grammar: expect.stringContaining('{0,20}') as string })
    await llm.complete('x', { raw: true, structuredOutput: { format: 'choice', schema: ['Oslo', 'Rome'] } })
    expect(sent()).toMatchObject({ grammar: 'root ::= "Oslo" | "Rome"\n' })
  })

  it('is asked one thing at a time, and for whole answers, which nothing interrupts', async () => {
    const { llm, sent } = await open({ ...llamaCppPython, [chatRoute]: answered })
    await llm.generate([question], { maxTokens: 9, temperature: 0 })
    expect(sent()).toEqual({ model: 'demo', messages: question, max_tokens: 9, temperature: 0 })
    expect(llm.capabilities).toMatchObject({ maxConcurrency: 1 })
  })

  it.each([
    [{ typicalP: 0.5 }],
    [{ stopTokenIds: [1] }],
    [{ tools, parallelToolCalls: false }],
    [{ tools, toolChoice: 'required' }],
    [{ reasoning: false }],
    [{ chatTemplateKwargs: { a: 1 } }],
  ] as const)('refuses %j, which it drops', async (options) => {
    const { llm, server } = await open(llamaCppPython)
    await llm.load()
    expect(await errorOf(llm.chat(question, options))).toMatchObject({ code: 'UNSUPPORTED_OPTION' })
    expect(server.requests).toHaveLength(3)
  })

  it.each([
    [
      400,
      "This model's maximum context length is 512 tokens, however you requested 906 tokens (903 in your prompt; 3 for the completion).",
      'CONTEXT_OVERFLOW',
    ],
    [
      500,
      "1 validation error:\n  {'type': 'less_than_equal', 'loc': ('body', 'top_p'), 'msg': 'Input should be less than or equal to 1', 'input': 2}",
      'INVALID_REQUEST',
    ],
    [500, 'logprobs is not supported for models created with logits_all=False', 'INVALID_REQUEST'],
    [500, 'llama_decode returned -1', 'SERVER_ERROR'],
  ] as const)('answers %i: %s', async (status, message, code) => {
    const error = { message, type: 'internal_server_error', param: null, code: null }
    const { llm } = await open({ ...llamaCppPython, [chatRoute]: json(status, { error }) })
    expect(await errorOf(llm.chat(question))).toMatchObject({ code, status, isRetryable: code === 'SERVER_ERROR' })
  })
})

describe('transformers serve 5.17.0', () => {
  it('is known by its routes, also where it fails to list models', async () => {
    const { llm, server } = await open(transformersServe)
    await llm.load()
    expect(llm.server.engine).toBe('transformers')
    expect(llm.warnings).toEqual([])
    expect(server.requests.map(({ path }) => path)).toEqual(['/v1/models', '/info', '/openapi.json'])
  })

  it('is not taken for a server that fails', async () => {
    const { llm } = await open({ 'GET /v1/models': plainText(500, 'Internal Server Error') })
    expect(await errorOf(llm.load())).toMatchObject({ code: 'SERVER_ERROR', status: 500 })
  })

  it.each([
    [[], {}, []],
    [['org/one'], { model: 'org/one' }, []],
    [['org/one', 'org/other'], {}, ['model-not-named']],
  ])('that lists %j is asked for %j', async (ids, expected, warnings) => {
    const data = ids.map((id) => ({ id, object: 'model', owned_by: 'org' }))
    const list = json(200, { object: 'list', data })
    const { llm, sent } = await open({ ...transformersServe, 'GET /v1/models': list, [chatRoute]: answered })
    await llm.chat(question, { temperature: 0, maxTokens: 3 })
    expect(sent()).toEqual({ messages: question, temperature: 0, max_tokens: 3, stream: true, ...expected })
    expect(llm.warnings.map(({ code }) => code)).toEqual(warnings)
  })

  it('streams what it was seen to stream: the usage with the reason, and no [DONE]', async () => {
    const { llm } = await open({
      ...transformersServe,
      [chatRoute]: streamOf(fixture('transformers-serve-5.17.0-chat.sse')),
      [completionRoute]: streamOf(fixture('transformers-serve-5.17.0-completion.sse')),
    })
    expect(await llm.streamChat(question).response()).toMatchObject({
      text: 'The capital of Norway is Oslo.',
      finishReason: { unified: 'stop', raw: 'stop' },
      usage: { inputTokens: 15, outputTokens: 8, totalTokens: 23 },
    })
    expect(await llm.streamComplete('The capital of', { raw: true }).response()).toMatchObject({
      text: ' Peru is Lima.',
      finishReason: { unified: 'length', raw: 'length' },
      usage: { inputTokens: 3, outputTokens: 4 },
    })
  })

  it('fails inside a stream in words, which need not be JSON', async () => {
    const bytes = fixture('transformers-serve-5.17.0-error-chat.sse')
    const { llm } = await open({ ...transformersServe, [chatRoute]: streamOf(bytes) })
    const error = await errorOf(llm.streamChat(question).response())
    expect(error).toMatchObject({ code: 'SERVER_ERROR' })
    expect(error.message).toContain('has to be a strictly positive float')
    const quoting = Buffer.from('data: {"error": "no key "a" in the cache"}\n\n')
    const other = await open({ ...transformersServe, [chatRoute]: streamOf(quoting) })
    expect((await errorOf(other.llm.streamChat(question).response())).message).toContain('no key "a" in the cache')
  })

  it('samples only when it is told to, in its own configuration', async () => {
    const { llm, sent } = await open({ ...transformersServe, [chatRoute]: answered })
    await llm.chat(question, { temperature: 0.5, topP: 0.9, topK: 7, repetitionPenalty: 1.5, seed: 3, maxTokens: 9 })
    const config = { top_k: 7, repetition_penalty: 1.5, do_sample: true, max_new_tokens: 9 }
    const fields = { max_tokens: 9, temperature: 0.5, top_p: 0.9, seed: 3, stream: true }
    const { generation_config: written, ...body } = sent() as { readonly generation_config: string }
    expect(body).toEqual({ messages: question, ...fields })
    expect(JSON.parse(written)).toEqual(config)
  })

  it('wants numbers with a point', async () => {
    const { llm, sent } = await open({ ...transformersServe, [chatRoute]: answered })
    await llm.chat(question, { temperature: 0, repetitionPenalty: 2, maxTokens: 9 })
    expect(sent()).toMatchObject({ generation_config: '{"repetition_penalty":2.0,"max_new_tokens":9}' })
  })

  it('leaves stop strings in the text, from where they are taken', async () => {
    const { llm, sent } = await open({ ...transformersServe, [chatRoute]: answered })
    const answer = await llm.chat(question, { temperature: 0, stop: ' Nor', wireMode: 'json' })
    expect(sent()).toMatchObject({ stop: [' Nor'] })
    expect(answer.text).toBe('Oslo')
  })

  it.each([
    [{ frequencyPenalty: 1 }],
    [{ presencePenalty: 1 }],
    [{ logprobs: 2 }],
    [{ stopTokenIds: [1] }],
    [{ tools, parallelToolCalls: false }],
    [{ tools, toolChoice: 'required' }],
    [{ structuredOutput: { format: 'json', schema: {}, strict: true } }],
  ] as const)('refuses %j, which it ignores', async (options) => {
    const { llm, server } = await open(transformersServe)
    await llm.load()
    expect(await errorOf(llm.chat(question, options))).toMatchObject({ code: 'UNSUPPORTED_OPTION' })
    expect(server.requests).toHaveLength(3)
  })

  it.each([
    [400, "Server is pinned to 'org/one'; requested 'org/other'.", 'MODEL_NOT_FOUND'],
    [422, "Unexpected fields in the request: {'top_k'}", 'INVALID_REQUEST'],
    [503, 'CB worker is dead and cannot accept request 1', 'SERVER_ERROR'],
  ] as const)('answers %i: %s', async (status, detail, code) => {
    const { llm } = await open({ ...transformersServe, [chatRoute]: json(status, { detail }) })
    expect(await errorOf(llm.chat(question))).toMatchObject({ code, status })
  })
})
