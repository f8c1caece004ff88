/** Options: what becomes of each on the wire, and what is refused before anything is sent. */
import { describe, expect, it } from 'vitest'

import { type CallOptions, Xinference, type XinferenceOptions } from '../../src/index.js'
import { errorOf } from '../support/outcome-of.js'
import {
  chatRoute,
  completionRoute,
  connect,
  listRoute,
  realRuntime,
  startXinference,
} from '../support/xinference-server.js'

const question = [{ role: 'user', content: 'Hello?' }] as const
const capable = {
  model_ability: ['chat', 'tools', 'hybrid', 'reasoning'],
  model_format: 'pytorch',
  model_engine: undefined,
}

async function start(options: Partial<XinferenceOptions> = {}, model: Readonly<Record<string, unknown>> = capable) {
  const server = await startXinference({ model })
  return { server, llm: connect(server, options) }
}

/** The body that a chat with these options sends. */
async function bodyOf(options: CallOptions, model = capable): Promise<Record<string, unknown>> {
  const { server, llm } = await start({}, model)
  await llm.chat(question, options)
  return server.bodiesTo(chatRoute)[0] ?? {}
}

describe('an option', () => {
  it.each([
    [{ maxTokens: 7 }, { max_tokens: 7 }],
    [{ temperature: 0 }, { temperature: 0 }],
    [{ topP: 0.5 }, { top_p: 0.5 }],
    [{ topK: 40 }, { top_k: 40 }],
    [{ topK: 0 }, { top_k: 0 }],
    [{ repetitionPenalty: 1.1 }, { repetition_penalty: 1.1 }],
    [{ frequencyPenalty: -0.5 }, { frequency_penalty: -0.5 }],
    [{ presencePenalty: 0.5 }, { presence_penalty: 0.5 }],
    [{ seed: 0 }, { seed: 0 }],
    [{ stop: 'END' }, { stop: 'END' }],
    [{ stop: ['a', 'b'] }, { stop: ['a', 'b'] }],
    [{ stopTokenIds: [2, 3] }, { stop_token_ids: [2, 3] }],
    [{ logprobs: true }, { logprobs: true }],
    [{ logprobs: 5 }, { logprobs: true, top_logprobs: 5 }],
    [{ logprobs: false }, {}],
    [{ toolChoice: 'required' }, { tool_choice: 'required' }],
    [{ parallelToolCalls: false }, { parallel_tool_calls: false }],
    [{ reasoning: false }, { enable_thinking: false }],
    [{ chatTemplateKwargs: { a: 1 } }, { chat_template_kwargs: { a: 1 } }],
    [{ extraBody: { guided_regex: 'a+', max_tokens: 3 } }, { guided_regex: 'a+', max_tokens: 3 }],
    [{ topP: undefined, seed: undefined }, {}],
  ] satisfies [CallOptions, object][])('%j is sent as %j', async (options, sent) => {
    const body = await bodyOf(options)
    const { messages: _m, stream: _s, stream_options: _o, ...rest } = body
    expect(rest).toEqual({ model: 'my-qwen', temperature: 1, max_tokens: 8192, ...sent })
    expect(JSON.stringify(body)).not.toContain('null')
  })

  it('of a completion is sent alike, log-probabilities as a number', async () => {
    const { server, llm } = await start()
    await llm.complete('Once', { raw: true, logprobs: 3, topP: 0.5 })
    await llm.complete('Once', { raw: true, logprobs: true })
    expect(server.bodiesTo(completionRoute)).toMatchObject([{ logprobs: 3, top_p: 0.5 }, { logprobs: 1 }])
  })

  it('of a call overrides the one of the model', async () => {
    const { server, llm } = await start({
      temperature: 0.2,
      generationKwargs: { topP: 0.5, seed: 1, temperature: 0.7 },
    })
    await llm.chat(question, { topP: 0.9, seed: undefined })
    await llm.chat(question, { temperature: 0 })
    expect(server.bodiesTo(chatRoute)).toMatchObject([
      { top_p: 0.9, seed: 1, temperature: 0.7 },
      { top_p: 0.5, seed: 1, temperature: 0 },
    ])
  })
})

describe('a wrong option', () => {
  it.each([
    [{ max_tokens: 7 }, 'max_tokens', /chat has no option "max_tokens"; did you mean "maxTokens"\?/],
    [{ top_p: 1 }, 'top_p', /did you mean "topP"\?/],
    [{ temprature: 1 }, 'temprature', /did you mean "temperature"\?/],
    [{ frequencyPenalti: 1 }, 'frequencyPenalti', /did you mean "frequencyPenalty"\?/],
    [{ quux: 1 }, 'quux', /chat has no option "quux"\.$/],
    [{ raw: true }, 'raw', /no option "raw"/],
    [{ timeouts: { idle: 5 } }, 'idle', /chat\.timeouts has no option "idle"; did you mean "idleMs"\?/],
    [{ temperature: 2.1 }, 'temperature', /temperature must be at most 2, got 2\.1/],
    [{ temperature: -0.1 }, 'temperature', /at least 0/],
    [{ temperature: '1' }, 'temperature', /temperature must be of type number, got "1"/],
    [{ temperature: null }, 'temperature', /must be of type number, got null/],
    [{ temperature: NaN }, 'temperature', /got NaN/],
    [{ topP: 1.5 }, 'topP', /at most 1, got 1\.5/],
    [{ topP: -1 }, 'topP', /at least 0/],
    [{ topK: -1 }, 'topK', /at least 0, got -1/],
    [{ topK: 1.5 }, 'topK', /whole number, got 1\.5/],
    [{ minP: 2 }, 'minP', /at most 1/],
    [{ repetitionPenalty: -1 }, 'repetitionPenalty', /at least 0/],
    [{ frequencyPenalty: 3 }, 'frequencyPenalty', /at most 2/],
    [{ presencePenalty: -3 }, 'presencePenalty', /at least -2/],
    [{ maxTokens: 0 }, 'maxTokens', /at least 1, got 0/],
    [{ maxTokens: 1.5 }, 'maxTokens', /whole number/],
    [{ maxTokens: Infinity }, 'maxTokens', /got Infinity/],
    [{ seed: -1 }, 'seed', /at least 0/],
    [{ seed: 2 ** 31 }, 'seed', /at most 2147483647/],
    [{ n: 0 }, 'n', /at least 1/],
    [{ logprobs: 101 }, 'logprobs', /logprobs/],
    [{ stop: '' }, 'stop', /stop/],
    [{ stop: [1] }, 'stop', /stop/],
    [{ toolChoice: 'any' }, 'toolChoice', /toolChoice/],
    [{ tools: [{ description: 'x' }] }, 'tools.0.name', /tools\.0\.name/],
    [{ tools: [{ name: 'x', arguments: {} }] }, 'arguments', /chat\.tools\.0 has no option "arguments"/],
    [{ wireMode: 'sse' }, 'wireMode', /"auto" or "json" or "stream"/],
    [{ signal: {} }, 'signal', /must be an AbortSignal/],
    [{ timeouts: { idleMs: 0 } }, 'timeouts.idleMs', /above 0, got 0/],
    [{ timeouts: { idleMs: '5' } }, 'timeouts.idleMs', /above 0, got "5"/],
    [{ timeouts: { idleMs: NaN } }, 'timeouts.idleMs', /above 0, got NaN/],
    [{ structuredOutput: { format: 'xml', schema: {} } }, 'structuredOutput.format', /"json"/],
    [{ structuredOutput: { schema: {} } }, 'structuredOutput.format', /format/],
    [{ structuredOutput: { format: 'regex', schema: {} } }, 'structuredOutput.schema', /string/],
    [{ structuredOutput: { format: 'choice', schema: [] } }, 'structuredOutput.schema', /schema/],
    [{ logitBias: { word: 1 } }, 'logitBias.word', /token id/],
    [{ structuredOutput: { format: 'json' } }, 'structuredOutput.schema', /schema/],
  ])('of a call is refused: %j', async (options, option, message) => {
    const { server, llm } = await start()
    const chat = (): Promise<unknown> => llm.chat(question, options as object)
    const stream = (): Promise<unknown> => llm.streamChat(question, options as object).response()
    for (const call of [chat, stream]) {
      const error = await errorOf(call())
      expect(error).toMatchObject({ code: 'INVALID_OPTION', option, message: expect.stringMatching(message) })
    }
    expect(server.requests).toHaveLength(0)
  })

  it.each([
    [{ model_uid: 'x' }, /Xinference has no option "model_uid"; did you mean "modelUid"\?/],
    [{ modelUID: 'x' }, /did you mean "modelUid"\?/],
    [{ context_window: 5 }, /did you mean "contextWindow"\?/],
    [{ baseUrl: 'x' }, /has no option "baseUrl"/],
    [
      { generationKwargs: { max_tokens: 5 } },
      /Xinference\.generationKwargs has no option "max_tokens"; did you mean "maxTokens"\?/,
    ],
    [{ generationKwargs: { topP: 5 } }, /generationKwargs\.topP must be at most 1, got 5/],
    [{ modelUid: undefined }, /Xinference needs the option "modelUid"/],
    [{ modelUid: '' }, /modelUid must not be empty/],
    [{ modelUid: 7 }, /modelUid must be of type string, got 7/],
    [{ temperature: 2.5 }, /temperature must be at most 2/],
    [{ maxTokens: 0 }, /maxTokens must be more than 0/],
    [{ contextWindow: -1 }, /contextWindow must be more than 0/],
    [{ contextWindowRatio: 0.5 }, /contextWindowRatio must be at least 1/],
    [{ maxRetries: -1 }, /maxRetries must be at least 0/],
    [{ apiKey: 7 }, /apiKey/],
    [{ apiKey: { env: '' } }, /apiKey/],
    [{ headers: { 'bad header': 'x' } }, /headers/],
    [{ callbackManager: {} }, /must be a CallbackManager/],
    [{ outputParser: {} }, /must have a parse method/],
    [{ messagesToPrompt: 'x' }, /must be a function/],
    [{ unsupportedOptions: 'ignore' }, /"error" or "warn"/],
    [{ fetch: true }, /must be a function/],
    [{ waitTimeoutMs: -1 }, /waitTimeoutMs/],
  ])('of a model is refused by the constructor: %j', (options, message) => {
    const make = (): Xinference =>
      new Xinference({ modelUid: 'my-qwen', ...options } as never, { runtime: realRuntime() })
    expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(message) }))
  })

  it.each([[undefined], [null], ['my-qwen']])('are all of %j', (options) => {
    expect(() => new Xinference(options as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })

  it('may be Infinity where that waits for ever', () => {
    const timeouts = { connectMs: Infinity, firstTokenMs: Infinity, idleMs: Infinity, totalMs: Infinity }
    expect(() => new Xinference({ modelUid: 'x', timeouts, waitTimeoutMs: Infinity })).not.toThrow()
  })
})

describe('an option that the engine would drop', () => {
  it.each([
    ['llama.cpp', { repetitionPenalty: 1.1 }],
    ['vLLM', { toolChoice: 'required' }],
    ['Transformers', { seed: 1 }],
    ['Transformers', { presencePenalty: 1 }],
    ['Transformers', { frequencyPenalty: 1 }],
    ['Transformers', { logprobs: true }],
    ['Transformers', { toolChoice: 'none' }],
    ['SGLang', { seed: 1 }],
    ['SGLang', { toolChoice: 'none' }],
    ['MLX', { stop: 'x' }],
    ['MLX', { seed: 1 }],
    ['MLX', { logprobs: 2 }],
    ['anything', { minP: 0.1 }],
    [undefined, { typicalP: 0.5 }],
  ] as const)('on %s is refused: %j', async (engine, options) => {
    const model = { model_ability: ['chat', 'tools', 'hybrid'], model_engine: engine }
    const { server, llm } = await start({}, model)
    const [option] = Object.keys(options)
    const error = await errorOf(llm.chat(question, options))
    expect(error).toMatchObject({ code: 'UNSUPPORTED_OPTION', option, message: expect.stringContaining(option ?? '') })
    expect(server.requestsTo(chatRoute)).toHaveLength(0)
    const { warnings } = await llm.with({ unsupportedOptions: 'warn' }).chat(question, options)
    expect(warnings).toMatchObject([{ code: 'unsupported-option', message: expect.stringContaining(option ?? '') }])
    const { messages: _m, stream: _s, stream_options: _o, ...body } = server.bodiesTo(chatRoute)[0] ?? {}
    expect(body).toEqual({ model: 'my-qwen', temperature: 1, max_tokens: 8192 })
  })

  it('on another engine is sent', async () => {
    const model = { model_ability: ['chat', 'tools'], model_engine: 'vLLM' }
    expect(await bodyOf({ seed: 1, stop: 'x', repetitionPenalty: 1.2 }, model as never)).toMatchObject({
      seed: 1,
      stop: 'x',
      repetition_penalty: 1.2,
    })
  })

  it('depends on the model as well', async () => {
    const reasoning = await start({}, { model_ability: ['chat', 'reasoning'], model_engine: 'vLLM' })
    expect(await errorOf(reasoning.llm.chat(question, { stop: 'x' }))).toMatchObject({ code: 'UNSUPPORTED_OPTION' })
    expect(await errorOf(reasoning.llm.chat(question, { reasoning: false }))).toMatchObject({ option: 'reasoning' })
  })

  it('is left out without an error when its value changes nothing', async () => {
    const { server, llm } = await start({}, { model_ability: ['chat'], model_engine: 'llama.cpp' })
    const { warnings } = await llm.chat(question, { repetitionPenalty: 1, minP: 0, typicalP: 1 })
    expect(warnings.map(({ code }) => code)).toEqual(Array.from(warnings, () => 'unsupported-option'))
    const [body] = server.bodiesTo(chatRoute)
    expect(body).not.toHaveProperty('repetition_penalty')
    expect(body).not.toHaveProperty('min_p')
  })

  it('may come from the model, and is refused alike', async () => {
    const { llm } = await start({ generationKwargs: { minP: 0.5 } })
    expect(await errorOf(llm.chat(question))).toMatchObject({ code: 'UNSUPPORTED_OPTION', option: 'minP' })
  })
})

describe('the context window', () => {
  it('of the server gives a quarter to the answer', async () => {
    const { server, llm } = await start({}, { ...capable, context_length: 1002 })
    await llm.chat(question)
    expect(llm.maxTokens).toBe(250)
    expect(server.bodiesTo(chatRoute)[0]).toMatchObject({ max_tokens: 250 })
  })

  it('gives at least one token', async () => {
    const { llm } = await start({}, { ...capable, context_length: 3 })
    expect((await llm.load()).maxTokens).toBe(1)
  })

  it('that is given wins', async () => {
    const { llm } = await start({ contextWindow: 400 }, { ...capable, context_length: 1000 })
    await llm.load()
    expect(llm.metadata).toMatchObject({ contextWindow: 400, contextWindowSource: 'given', numOutput: 100 })
    expect(llm.contextWindow).toBe(400)
  })

  it('is divided for code that counts in other tokens, and for nothing else', async () => {
    const { llm } = await start({ contextWindowRatio: 2.5 }, { ...capable, context_length: 1001 })
    await llm.load()
    expect(llm.metadata).toMatchObject({ contextWindow: 400, numOutput: 250 })
    expect(llm.contextWindow).toBe(1001)
    await llm.chat(question, { maxTokens: 1001 })
    expect(await errorOf(llm.chat(question, { maxTokens: 1002 }))).toMatchObject({ code: 'CONTEXT_OVERFLOW' })
  })

  it.each([
    [{ maxTokens: 101, contextWindow: 100 }, {}],
    [{ maxTokens: 101 }, { context_length: 100 }],
  ])('smaller than maxTokens is an error that names both: %j, %j', async (options, model) => {
    const { server, llm } = await start({}, { ...capable, ...model })
    const create = async (): Promise<unknown> => connect(server, options).load()
    expect(await errorOf(create())).toMatchObject({
      code: 'CONTEXT_OVERFLOW',
      message: expect.stringMatching(/101.*100/),
      context: { maxTokens: 101, contextWindow: 100 },
    })
    const called = errorOf(llm.with({ contextWindow: 100 }).chat(question, { maxTokens: 101 }))
    expect(await called).toMatchObject({ code: 'CONTEXT_OVERFLOW' })
    expect(server.requestsTo(chatRoute)).toHaveLength(0)
  })

  it.each([
    ['baichuan', 2048],
    ['chatglm', 2048],
    ['chatglm2', 8192],
    ['llama-2-chat', 4096],
  ])('of %s on an old server is taken from a list, with a warning', async (name, tokens) => {
    const { llm } = await start({}, { ...capable, model_name: name, context_length: undefined })
    await llm.load()
    expect(llm.metadata).toMatchObject({ contextWindow: tokens, contextWindowSource: 'table', numOutput: tokens / 4 })
    expect(llm.warnings).toMatchObject([
      { code: 'context-window-from-table', message: expect.stringContaining(String(tokens)) },
    ])
  })

  it.each([
    ['is absent', undefined],
    ['is null', null],
    ['is nonsense', 0],
  ])('that %s is not guessed', async (_name, length) => {
    const { server, llm } = await start({}, { ...capable, model_name: 'new-model', context_length: length })
    await llm.chat(question)
    expect(llm.metadata).toMatchObject({
      contextWindow: undefined,
      contextWindowSource: 'unknown',
      numOutput: undefined,
    })
    expect(llm.warnings).toMatchObject([{ code: 'context-window-unknown' }])
    expect(server.bodiesTo(chatRoute)[0]).not.toHaveProperty('max_tokens')
    await llm.chat(question, { maxTokens: 1_000_000 })
    expect(server.bodiesTo(chatRoute)[1]).toMatchObject({ max_tokens: 1_000_000 })
  })

  it('that a member of Object has is not guessed either', async () => {
    const { llm } = await start({}, { ...capable, model_name: 'constructor', context_length: undefined })
    expect((await llm.load()).metadata.contextWindow).toBeUndefined()
  })
})

describe('jsonSchema', () => {
  it("describes the loaded model: the ancestor's seven fields", () => {
    const schema = Xinference.jsonSchema() as { properties: Record<string, object>; required: string[] }
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'Xinference',
      description: 'Xinference LLM.',
      type: 'object',
      properties: {
        modelUid: { type: 'string', description: 'The Xinference model to use.' },
        endpoint: { type: 'string', description: 'The Xinference endpoint URL to use.' },
        temperature: { type: 'number', minimum: 0, maximum: 2, description: 'The temperature to use for sampling.' },
        maxTokens: { type: 'integer', exclusiveMinimum: 0, description: expect.stringContaining('maximum new tokens') },
        contextWindow: { type: 'integer', exclusiveMinimum: 0, description: expect.stringContaining('context tokens') },
        modelDescription: { type: 'object', description: 'The model description from Xinference.' },
      },
    })
    expect(Object.keys(schema.properties).toSorted()).toEqual([
      'callbackManager',
      'contextWindow',
      'endpoint',
      'maxTokens',
      'modelDescription',
      'modelUid',
      'temperature',
    ])
    expect(schema.required.toSorted()).toEqual([
      'contextWindow',
      'endpoint',
      'maxTokens',
      'modelDescription',
      'modelUid',
      'temperature',
    ])
  })

  it("describes the constructor's options with io: 'input'", () => {
    const schema = Xinference.jsonSchema({ io: 'input' }) as {
      properties: Record<string, { properties?: Record<string, object> }>
      required: string[]
      additionalProperties: boolean
    }
    expect(schema.required).toEqual(['modelUid'])
    expect(schema.additionalProperties).toBe(false)
    expect(schema.properties['apiKey']).toBeDefined()
    expect(schema.properties['generationKwargs']?.properties?.['topP']).toEqual({
      type: 'number',
      minimum: 0,
      maximum: 1,
    })
    expect(schema.properties['timeouts']?.properties?.['idleMs']).toEqual({ type: 'number', exclusiveMinimum: 0 })
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema)
  })
})

describe('the model list', () => {
  it('is asked for once, whatever the options', async () => {
    const { server, llm } = await start({ generationKwargs: { topP: 0.5 } })
    await llm.chat(question, { seed: 1 })
    await llm.with({ maxRetries: 0 }).chat(question)
    expect(server.requestsTo(listRoute)).toHaveLength(1)
  })
})
