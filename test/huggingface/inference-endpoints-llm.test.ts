/** What `InferenceEndpointsLLM` decides by itself: targets, keys, routes, names, options. The bytes are the dialects' tests. */
import { fileURLToPath } from 'node:url'

import { describe, expect, it, onTestFinished } from 'vitest'

import {
  type ChatMessage,
  fromJSON,
  InferenceEndpointsLLM,
  type InferenceEndpointsOptions,
  type WaitingEvent,
} from '../../src/index.js'
import { json, plainText, stream } from '../support/http-bytes.js'
import { errorOf } from '../support/outcome-of.js'
import { type Answer, inTurn, ScriptedServer } from '../support/scripted-server.js'
import { ManagementServer, type ServedEndpoint } from '../support/servers/management-server.js'
import { realRuntime } from '../support/xinference-server.js'

const tokenizerId = fileURLToPath(new URL('../../models/demo', import.meta.url))
const question: readonly ChatMessage[] = [{ role: 'user', content: 'Hello world!' }]
const rendered = '<|im_start|>user\nHello world!<|im_end|>\n<|im_start|>assistant\n'

const chatRoute = 'POST /v1/chat/completions'
const completionRoute = 'POST /v1/completions'
const generateRoute = 'POST /generate'
const streamRoute = 'POST /generate_stream'

const info = {
  model_id: 'org/model',
  max_concurrent_requests: 128,
  max_best_of: 2,
  max_stop_sequences: 4,
  max_input_tokens: 255,
  max_total_tokens: 256,
  router: 'text-generation-router',
  version: '3.3.6',
}
const list = (owner: string): unknown => ({
  object: 'list',
  data: [{ id: 'org/model', object: 'model', owned_by: owner }],
})
const chatAnswer = (content: string): unknown => ({
  object: 'chat.completion',
  id: '',
  model: 'org/model',
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
})
const chatChunks = (content: string): ReturnType<typeof stream> =>
  stream(
    { object: 'chat.completion.chunk', choices: [{ index: 0, delta: { role: 'assistant', content } }] },
    { object: 'chat.completion.chunk', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    '[DONE]',
  )
const generated = (text: string): Answer =>
  json(200, {
    generated_text: text,
    details: { finish_reason: 'eos_token', generated_tokens: 3, seed: 1, prefill: [], tokens: [] },
  })
const generatedStream = (text: string): Answer =>
  stream({
    index: 1,
    token: { id: 1, text, logprob: -0.1, special: false },
    generated_text: text,
    details: { finish_reason: 'eos_token', generated_tokens: 1, seed: 1, input_length: 7 },
  })

const tgi: Readonly<Record<string, Answer>> = {
  'GET /v1/models': json(200, list('org/model')),
  'GET /info': json(200, info),
  [generateRoute]: generated('Hi.'),
  [streamRoute]: generatedStream('Hi.'),
  [chatRoute]: (request) =>
    request.body.includes('"stream":true') ? chatChunks('Hello.') : json(200, chatAnswer('Hello.')),
}

const chatOnly: Readonly<Record<string, Answer>> = {
  [chatRoute]: (request) =>
    request.body.includes('"stream":true') ? chatChunks('Hello.') : json(200, chatAnswer('Hello.')),
}

async function serving(routes: Readonly<Record<string, Answer>>): Promise<ScriptedServer> {
  const server = await ScriptedServer.start({ routes })
  onTestFinished(() => server.close())
  return server
}

function connect(
  options: InferenceEndpointsOptions,
  env: Readonly<Record<string, string>> = {},
): InferenceEndpointsLLM {
  const llm = new InferenceEndpointsLLM(options, { runtime: realRuntime(env) })
  onTestFinished(() => llm.unload())
  return llm
}

describe('the constructor', () => {
  it.each([
    [{}, /one of modelId, endpointName and baseUrl/, 'modelId'],
    [{ modelId: 'a/b', endpointName: 'c' }, /two places/, 'endpointName'],
    [{ baseUrl: 'http://h', endpointNamespace: 'a' }, /goes with endpointName/, 'endpointNamespace'],
    [{ baseUrl: 'http://h', provider: 'groq' }, /goes with modelId/, 'provider'],
    [{ endpointName: 'a', billTo: 'acme' }, /goes with modelId/, 'billTo'],
    [{ baseUrl: 'nowhere' }, /no URL/, 'baseUrl'],
    [{ baseUrl: 'http://me:hush@h' }, /no user name or password/, 'baseUrl'],
    [{ baseUrl: 'http://h', useMagpieTemplate: true }, /needs tokenizerId/, 'tokenizerId'],
    [
      { baseUrl: 'http://h', tokenizerId: 'a', magpiePreQueryTemplate: 'qwen2' },
      /useMagpieTemplate/,
      'magpiePreQueryTemplate',
    ],
    [{ baseUrl: 'http://h', structuredOutput: { schema: {} } }, /structuredOutput\.format/, 'structuredOutput.format'],
    [
      { baseUrl: 'http://h', structuredOutput: { format: 'json' } },
      /structuredOutput\.schema/,
      'structuredOutput.schema',
    ],
    [{ baseUrl: 'http://h', base_url: 'x' }, /did you mean "baseUrl"/, 'base_url'],
    [
      { baseUrl: 'http://h', generationKwargs: { maxNewTokens: 1, maxTokens: 2 } },
      /two names of one option/,
      'maxNewTokens',
    ],
    [
      { baseUrl: 'http://h', generationKwargs: { doSample: false, temperature: 1 } },
      /doSample: false is greedy/,
      'doSample',
    ],
  ])('refuses %j', (options, message, option) => {
    const make = (): unknown => new InferenceEndpointsLLM(options as InferenceEndpointsOptions)
    expect(make).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', option, message: expect.stringMatching(message) }),
    )
    expect(make).not.toThrow(/hush/)
  })

  it.each([
    [{ modelDisplayName: 'mine', modelId: 'a/b' }, 'mine'],
    [{ modelId: 'a/b', baseUrl: 'http://h' }, 'a/b'],
    [{ endpointName: 'e' }, 'e'],
    [{ baseUrl: 'http://h/v1' }, 'http://h/v1'],
  ])('of %j gives the name', (options, name) => {
    expect(new InferenceEndpointsLLM(options).modelName).toBe(name)
  })
})

describe('a base URL', () => {
  it.each(['', '/', '/v1', '/v1/', '/generate', '/v1/chat/completions'])('may end with "%s"', async (end) => {
    const server = await serving(tgi)
    const llm = await connect({ baseUrl: server.url + end }).load()
    expect({ engine: llm.server.engine, baseUrl: llm.baseUrl }).toEqual({ engine: 'tgi', baseUrl: server.url })
    expect((await llm.chat(question, { wireMode: 'json' })).text).toBe('Hello.')
  })

  it('is asked what it is, in three requests at most', async () => {
    const server = await serving(tgi)
    const llm = connect({ baseUrl: server.url })
    await Promise.all([llm.load(), llm.load(), llm.chat(question)])
    expect(server.requests.filter(({ method }) => method === 'GET').length).toBeLessThanOrEqual(3)
    expect(llm.metadata).toMatchObject({
      contextWindow: 256,
      contextWindowSource: 'engine',
      numOutput: 128,
      isChatModel: true,
    })
  })

  it.each(['tgi', 'vllm', 'sglang', 'llama-server', 'openai'] as const)('is %s when told so', async (engine) => {
    const server = await serving({ ...chatOnly, 'GET /v1/models': json(200, list('somebody')) })
    expect((await connect({ baseUrl: server.url, engine }).load()).server.engine).toBe(engine)
  })

  it('that nobody answers at is told by its address', async () => {
    const server = await ScriptedServer.start()
    const { url } = server
    await server.close()
    const error = await errorOf(connect({ baseUrl: url }).load())
    expect(error).toMatchObject({ code: 'CONNECTION_FAILED', message: expect.stringContaining(url) })
  })

  it('that is still loading is waited for', async () => {
    const loading = json(503, { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } })
    const routes = { 'GET /v1/models': inTurn(loading, json(200, list('llamacpp'))), 'GET /props': json(200, {}) }
    const server = await serving({ ...chatOnly, ...routes })
    const llm = connect({ baseUrl: server.url })
    const events: WaitingEvent[] = []
    llm.callbackManager.on('waiting', (event) => events.push(event))
    await llm.load()
    expect(events.map(({ cause }) => cause.code)).toEqual(['MODEL_LOADING'])
  })

  it('that makes embeddings is refused by name', async () => {
    const tei = { model_id: 'x', model_type: { embedding: {} }, max_batch_tokens: 1, auto_truncate: false }
    const server = await serving({ 'GET /info': json(200, tei) })
    expect(await errorOf(connect({ baseUrl: server.url }).load())).toMatchObject({
      code: 'WRONG_SERVER',
      message: expect.stringMatching(/embeddings/i),
    })
  })
})

describe('keys', () => {
  it('of the environment do not go to a server of one’s own', async () => {
    const server = await serving(tgi)
    await connect({ baseUrl: server.url }, { HF_TOKEN: 'hf_env' }).chat(question)
    expect(server.requests.some(({ headers }) => 'authorization' in headers)).toBe(false)
  })

  it('that are given go there, in every request, and into no JSON', async () => {
    const server = await serving(tgi)
    const llm = connect({ baseUrl: server.url, apiKey: 'secret-key' })
    await llm.chat(question)
    expect(server.requests.every(({ headers }) => headers['authorization'] === 'Bearer secret-key')).toBe(true)
    expect(JSON.stringify(llm)).not.toContain('secret-key')
  })

  it('that are wrong end a load, and do not show', async () => {
    const server = await serving({ '*': plainText(401, '') })
    const error = await errorOf(connect({ baseUrl: server.url, apiKey: 'secret-key' }).load())
    expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED' })
    expect(JSON.stringify(error) + String(error.stack)).not.toContain('secret-key')
  })

  it('are needed for serverless inference', async () => {
    const server = await serving(chatOnly)
    expect(await errorOf(connect({ modelId: 'a/b', routerUrl: server.url }).load())).toMatchObject({
      code: 'AUTHENTICATION_FAILED',
      message: expect.stringContaining('HF_TOKEN'),
    })
    expect(server.requests).toHaveLength(0)
  })
})

describe('a dedicated endpoint', () => {
  async function dedicated(
    endpoint: Omit<ServedEndpoint, 'name'>,
    options: Partial<InferenceEndpointsOptions> = {},
  ): Promise<{ llm: InferenceEndpointsLLM; management: ManagementServer }> {
    const management = await ManagementServer.start({ endpoints: [{ name: 'mine', ...endpoint }] })
    onTestFinished(() => management.close())
    const { managementUrl, hubUrl } = management
    const llm = connect({ endpointName: 'mine', apiKey: 'hf_right', managementUrl, hubUrl, ...options })
    return { llm, management }
  }

  it('is looked up with its namespace found, and speaks by its image', async () => {
    const server = await serving(tgi)
    const { llm } = await dedicated({ states: ['running'], url: server.url, repository: 'org/model' })
    expect((await llm.chat(question)).text).toBe('Hello.')
    expect({ name: llm.modelName, engine: llm.server.engine, baseUrl: llm.baseUrl }).toEqual({
      name: 'org/model',
      engine: 'tgi',
      baseUrl: server.url,
    })
    expect(server.requestsTo(chatRoute)[0]?.headers['authorization']).toBe('Bearer hf_right')
  })

  it('that is paused is resumed and waited for', async () => {
    const server = await serving({ ...tgi, 'GET /health': json(200, {}) })
    const { llm, management } = await dedicated({
      states: ['paused'],
      onResume: ['running'],
      url: server.url,
    })
    await llm.load()
    expect(management.asked).toContain('POST /v2/endpoint/ana/mine/resume')
  })

  it('that failed is told with its message', async () => {
    const { llm } = await dedicated({ states: ['failed'], message: 'Out of GPU memory' })
    expect(await errorOf(llm.load())).toMatchObject({
      code: 'LAUNCH_FAILED',
      message: expect.stringContaining('Out of GPU memory'),
    })
  })

  it('of a custom image is asked, with a warning', async () => {
    const server = await serving(tgi)
    const { llm } = await dedicated({ states: ['running'], url: server.url, image: { custom: { url: 'x' } } })
    await llm.load()
    expect(llm.server.engine).toBe('tgi')
    expect(llm.warnings.map(({ code }) => code)).toContain('engine-not-stated')
  })

  it('whose replicas come back is waited for by the call', async () => {
    const server = await serving({ ...tgi, [chatRoute]: inTurn(plainText(503, ''), json(200, chatAnswer('Back.'))) })
    const { llm } = await dedicated({ states: ['running'], url: server.url })
    const events: WaitingEvent[] = []
    llm.callbackManager.on('waiting', (event) => events.push(event))
    expect((await llm.chat(question, { wireMode: 'json' })).text).toBe('Back.')
    expect(events).toHaveLength(1)
  })
})

describe('serverless', () => {
  const serverless = async (
    routes: Readonly<Record<string, Answer>>,
    options: Partial<InferenceEndpointsOptions> = {},
  ): Promise<{ server: ScriptedServer; llm: InferenceEndpointsLLM }> => {
    const server = await serving(routes)
    const llm = connect({
      modelId: 'org/model',
      apiKey: 'hf_key',
      routerUrl: server.url,
      hubUrl: server.url,
      ...options,
    })
    return { server, llm }
  }
  const mapping = (providers: unknown): Readonly<Record<string, Answer>> => ({
    'GET /api/models/org/model?expand[]=inferenceProviderMapping': json(200, { inferenceProviderMapping: providers }),
  })
  const together = { together: { status: 'live', providerId: 'Org/Turbo', task: 'conversational' } }

  it.each([
    [{}, 'org/model', undefined],
    [{ provider: 'groq' }, 'org/model:groq', undefined],
    [{ provider: 'fastest', billTo: 'acme' }, 'org/model:fastest', 'acme'],
  ])('with %j asks the router for the model', async (options, model, billTo) => {
    const { server, llm } = await serverless(chatOnly, options)
    await llm.chat(question)
    const [request] = server.requestsTo(chatRoute)
    expect(request?.body.startsWith(`{"model":"${model}"`)).toBe(true)
    expect(request?.headers['x-hf-bill-to']).toBe(billTo)
    expect(server.requests).toHaveLength(1)
  })

  it('with a tokenizer and a schema goes as a conversation, and says why', async () => {
    const user = '{"name": "Ada", "last_name": "Lovelace", "id": 1}'
    const { server, llm } = await serverless(
      { [chatRoute]: json(200, chatAnswer(user)) },
      {
        tokenizerId,
        structuredOutput: { format: 'json', schema: { type: 'object', required: ['name', 'last_name', 'id'] } },
      },
    )
    const [output] = await llm.generate([question], { wireMode: 'json' })
    expect(output?.generations).toEqual([user])
    expect(output?.responses[0]).toMatchObject({ route: 'chat', parsed: { id: 1 } })
    expect(output?.responses[0]?.warnings).toContainEqual({
      code: 'chat-route',
      message: expect.stringContaining('no route'),
    })
    expect(server.requestsTo(completionRoute)).toHaveLength(0)
  })

  it('with a provider that takes text, and a tokenizer, sends rendered text there', async () => {
    const route = 'POST /together/v1/completions'
    const answer = json(200, { choices: [{ index: 0, text: 'Hi.', finish_reason: 'stop' }] })
    const { server, llm } = await serverless(
      { ...mapping(together), [route]: answer },
      { provider: 'together', tokenizerId },
    )
    const response = await llm.chat(question, { wireMode: 'json' })
    expect(response).toMatchObject({ text: 'Hi.', route: 'completion', message: { role: 'assistant' } })
    expect(server.bodiesTo(route)[0]).toMatchObject({ model: 'Org/Turbo', prompt: rendered })
  })

  it('a user’s turn finds a provider that takes text, also in a list', async () => {
    const route = 'POST /together/v1/completions'
    const answer = json(200, { choices: [{ index: 0, text: 'What is 2 + 2?', finish_reason: 'stop' }] })
    const providers = [
      { provider: 'groq', status: 'live', providerId: 'x' },
      { provider: 'together', status: 'staging', providerId: 'Org/Turbo' },
    ]
    const { server, llm } = await serverless(
      { ...mapping(providers), [route]: answer },
      { useMagpieTemplate: true, tokenizerId },
    )
    const [output] = await llm.generate([[]], { wireMode: 'json' })
    expect(output?.generations).toEqual(['What is 2 + 2?'])
    expect(server.bodiesTo(route)[0]).toMatchObject({ prompt: '<|im_start|>user\n' })
    expect(llm.warnings.map(({ code }) => code)).toEqual(['provider-staging'])
  })

  it('a user’s turn that no provider can take is refused at load, with a way out', async () => {
    const providers = { groq: { status: 'live', providerId: 'x' } }
    const { llm } = await serverless(mapping(providers), { useMagpieTemplate: true, tokenizerId })
    expect(await errorOf(llm.load())).toMatchObject({
      code: 'MODEL_ABILITY',
      message: expect.stringMatching(/together.*dedicated endpoint/),
    })
  })

  it.each([
    [401, 'AUTHENTICATION_FAILED'],
    [403, 'PERMISSION_DENIED'],
    [404, 'MODEL_NOT_FOUND'],
  ])('the status %i is %s, and is not asked again', async (status, code) => {
    const { server, llm } = await serverless({ [chatRoute]: json(status, { error: 'No.' }) })
    expect(await errorOf(llm.chat(question))).toMatchObject({ code, isRetryable: false })
    expect(server.requestsTo(chatRoute)).toHaveLength(1)
  })
})

describe('the route', () => {
  it('is rendered text with a tokenizer, with the tokens counted', async () => {
    const server = await serving(tgi)
    const llm = connect({ baseUrl: server.url, tokenizerId })
    expect(await llm.prepareInput(question)).toMatchObject({
      route: 'completion',
      prompt: rendered,
      tokens: expect.any(Number),
    })
    const response = await llm.chat(question, { wireMode: 'json' })
    expect(response).toMatchObject({ text: 'Hi.', route: 'completion', warnings: [] })
    expect(response.usage.inputTokens).toBe(await llm.countTokens(question))
    expect(server.bodiesTo(generateRoute)[0]).toMatchObject({
      inputs: rendered,
      parameters: { max_new_tokens: 128, do_sample: true },
    })
  })

  it('is a conversation without a tokenizer', async () => {
    const server = await serving(tgi)
    const llm = connect({ baseUrl: server.url })
    expect(await llm.chat(question)).toMatchObject({ text: 'Hello.', route: 'chat', warnings: [] })
    expect(await errorOf(llm.countTokens('x'))).toMatchObject({
      code: 'MODEL_ABILITY',
      message: expect.stringContaining('tokenizerId'),
    })
  })

  it('is a conversation for an option that text does not carry, with the reason', async () => {
    const server = await serving(tgi)
    const llm = connect({ baseUrl: server.url, tokenizerId })
    const { route, warnings } = await llm.chat(question, { tools: [{ name: 'weather' }] })
    expect(route).toBe('chat')
    expect(warnings).toContainEqual({ code: 'chat-route', message: expect.stringContaining('tools') })
  })

  it('continues a last message of the assistant', async () => {
    const server = await serving(tgi)
    const llm = connect({ baseUrl: server.url, tokenizerId })
    await llm.chat([...question, { role: 'assistant', content: 'Hi' }], { wireMode: 'json' })
    expect(server.bodiesTo(generateRoute)[0]?.['inputs']).toBe(`${rendered}Hi`)
  })

  it('of a bare string is literal text', async () => {
    const server = await serving(tgi)
    await connect({ baseUrl: server.url, tokenizerId }).generate(['Once'], { wireMode: 'json' })
    expect(server.bodiesTo(generateRoute)[0]?.['inputs']).toBe('Once')
  })

  it('of a user’s turn has no stray beginning of the assistant', async () => {
    const server = await serving({ ...tgi, [generateRoute]: generated('What is it?') })
    const llm = connect({ baseUrl: server.url, tokenizerId, useMagpieTemplate: true })
    const system: ChatMessage = { role: 'system', content: 'Be brief.' }
    await llm.generate([[], [system], [...question, { role: 'assistant', content: 'Hi.' }], question], {
      wireMode: 'json',
      concurrency: 1,
    })
    const before = '<|im_start|>system\nBe brief.<|im_end|>\n'
    expect(server.bodiesTo(generateRoute).map((body) => body['inputs'])).toEqual([
      '<|im_start|>user\n',
      `${before}<|im_start|>user\n`,
      '<|im_start|>user\nHello world!<|im_end|>\n<|im_start|>assistant\nHi.<|im_end|>\n<|im_start|>user\n',
      rendered,
    ])
  })
})

describe('a prompt that does not fit', () => {
  it('is refused before it is sent, as too long', async () => {
    const server = await serving(tgi)
    const llm = connect({ baseUrl: server.url, tokenizerId })
    const long: ChatMessage[] = [{ role: 'user', content: 'word '.repeat(400) }]
    expect(await llm.generateOne(long)).toMatchObject({ outcome: 'too-long', cause: { code: 'CONTEXT_OVERFLOW' } })
    expect(server.requestsTo(generateRoute)).toHaveLength(0)
  })

  it('has the default of maxTokens lowered to what is left, with a warning; a given one is refused', async () => {
    const server = await serving(tgi)
    const llm = connect({ baseUrl: server.url, tokenizerId })
    const said = (words: number): ChatMessage[] => [{ role: 'user', content: 'a '.repeat(words) }]
    let words = 1
    while ((await llm.countTokens(said(words))) <= 140) words++
    const messages = said(words)
    const tokens = await llm.countTokens(messages)
    const { warnings } = await llm.chat(messages, { wireMode: 'json' })
    expect(warnings.map(({ code }) => code)).toEqual(['max-tokens-lowered'])
    expect(server.bodiesTo(generateRoute)[0]).toMatchObject({ parameters: { max_new_tokens: 256 - tokens } })
    expect(await errorOf(llm.chat(messages, { maxTokens: 128 }))).toMatchObject({ code: 'CONTEXT_OVERFLOW' })
  })
})

describe('options by the ancestor’s names', () => {
  it('are the same options', async () => {
    const server = await serving(tgi)
    const llm = connect({ baseUrl: server.url, tokenizerId, generationKwargs: { maxNewTokens: 7 } })
    await llm.generate([question], { stopSequences: 'x', doSample: false, topNTokens: 2, wireMode: 'json' })
    expect(server.bodiesTo(generateRoute)[0]?.['parameters']).toMatchObject({
      max_new_tokens: 7,
      stop: ['x'],
      do_sample: false,
      top_n_tokens: 2,
    })
  })

  it('cut the list of stops to what the server says it takes, with a warning', async () => {
    const server = await serving(tgi)
    const llm = connect({ baseUrl: server.url, tokenizerId })
    const { warnings } = await llm.chat(question, { stop: ['a', 'b', 'c', 'd', 'e'], wireMode: 'json' })
    expect(server.bodiesTo(generateRoute)[0]).toMatchObject({ parameters: { stop: ['a', 'b', 'c', 'd'] } })
    expect(warnings).toEqual([{ code: 'stops-cut', message: expect.stringContaining('"e" was left out') }])
  })
})

describe('as JSON', () => {
  it('goes there and back, with a reference in place of the key', () => {
    const llm = new InferenceEndpointsLLM({
      endpointName: 'e',
      apiKey: 'hush-hush',
      generationKwargs: { maxNewTokens: 5 },
    })
    const stored = JSON.parse(JSON.stringify(llm)) as { config: object }
    expect(stored).toMatchObject({
      className: 'InferenceEndpointsLLM',
      config: { endpointName: 'e', apiKey: { env: 'HF_TOKEN' }, generationKwargs: { maxTokens: 5 } },
    })
    expect(JSON.stringify(fromJSON(stored))).toBe(JSON.stringify(stored))
  })

  it('reads what distilabel wrote', () => {
    const warnings: string[] = []
    const llm = fromJSON(
      {
        use_magpie_template: true,
        magpie_pre_query_template: 'llama3',
        structured_output: { format: 'regex', schema: 'a+' },
        generation_kwargs: { max_new_tokens: 64, do_sample: false, temperature: 0.7, unknown: 1 },
        use_offline_batch_generation: false,
        model_id: 'org/model',
        endpoint_name: null,
        tokenizer_id: 'org/model',
        type_info: { module: 'distilabel.models.llms.huggingface.inference_endpoints', name: 'InferenceEndpointsLLM' },
      },
      { onWarning: (message) => warnings.push(message) },
    )
    expect(llm.toJSON().config).toEqual({
      modelId: 'org/model',
      tokenizerId: 'org/model',
      useMagpieTemplate: true,
      magpiePreQueryTemplate: 'llama3',
      structuredOutput: { format: 'regex', schema: 'a+' },
      generationKwargs: { maxTokens: 64, temperature: 0.7 },
    })
    expect(warnings).toEqual([expect.stringContaining('unknown')])
  })

  it('has a JSON Schema', () => {
    expect(InferenceEndpointsLLM.jsonSchema({ io: 'input' })).toHaveProperty('properties.endpointName')
    expect(InferenceEndpointsLLM.jsonSchema()).toHaveProperty('properties.modelName')
  })
})
