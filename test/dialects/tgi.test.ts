import { describe, expect, it } from 'vitest'

import { TgiDialect } from '../../src/dialects/tgi/tgi-dialect.js'
import { errorOf } from '../support/outcome-of.js'
import { bosPrompting, connectDialect } from '../support/servers/connect-dialect.js'
import { Refusal } from '../support/servers/engine-server.js'
import { TgiServer, type TgiServerOptions } from '../support/servers/tgi.js'

const hello = [{ role: 'user', content: 'Hello' }] as const
const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }

async function start(options?: TgiServerOptions, prompting?: typeof bosPrompting) {
  const server = await TgiServer.start(options)
  return { server, llm: connectDialect(new TgiDialect(), server, prompting === undefined ? {} : { prompting }) }
}

describe.each(['json', 'stream'] as const)('literal text, as %s', (wireMode) => {
  const raw = { raw: true, wireMode } as const
  const path = wireMode === 'json' ? '/generate' : '/generate_stream'

  it('goes to the native route, and tokens and reason come back', async () => {
    const { server, llm } = await start()
    const answer = await llm.complete('Say hello', raw)
    expect(server.bodies(path)).toEqual([{ inputs: 'Say hello', parameters: { details: true, do_sample: true } }])
    expect(answer).toMatchObject({
      text: 'Hello',
      finishReason: { unified: 'stop', raw: 'eos_token' },
      usage: { inputTokens: 3, outputTokens: 3, totalTokens: 6 },
    })
  })

  it('samples unless the temperature is 0, and sends what else there is in its legal form', async () => {
    const { server, llm } = await start()
    await llm.complete('x', { ...raw, temperature: 0, topK: 5, topP: 0.5, typicalP: 0.5, seed: 0 })
    await llm.complete('x', { ...raw, temperature: 0.7, topP: 1, typicalP: 1, topK: 0, maxTokens: 8 })
    await llm.complete('x', { ...raw, topP: 0, typicalP: 0.2, topK: 7, repetitionPenalty: 1.1, frequencyPenalty: 0.5 })
    expect(server.bodies(path).map(({ parameters }) => parameters)).toEqual([
      { details: true, do_sample: false, seed: 0 },
      { details: true, do_sample: true, temperature: 0.7, max_new_tokens: 8 },
      {
        details: true,
        do_sample: true,
        top_k: 7,
        top_p: 1e-6,
        typical_p: 0.2,
        repetition_penalty: 1.1,
        frequency_penalty: 0.5,
      },
    ])
    expect(server.sampled).toEqual([false, true, true])
  })

  it('leaves out the stop string that TGI leaves in, wherever its tokens were cut', async () => {
    const { server, llm } = await start({ answer: () => ['Two', ' lines\n', '\nUs', 'er:', ' never'] })
    const answer = await llm.complete('x', { ...raw, stop: ['\n\nUser:', 'zzz'] })
    expect(server.bodies(path)[0]).toMatchObject({ parameters: { stop: ['\n\nUser:', 'zzz'] } })
    expect(answer).toMatchObject({ text: 'Two lines', finishReason: { unified: 'stop', raw: 'stop_sequence' } })
  })

  it('keeps what only looked like the beginning of a stop string', async () => {
    const { llm } = await start({ answer: () => ['a\n', 'Us'] })
    expect((await llm.complete('x', { ...raw, stop: '\nUser:' })).text).toBe('a\nUs')
  })

  it('cuts stop strings above the limit of the server, and says which', async () => {
    const { server, llm } = await start()
    const { warnings } = await llm.complete('x', { ...raw, stop: ['1', '2', '3', '4', '5'] })
    expect(server.bodies(path)[0]).toMatchObject({ parameters: { stop: ['1', '2', '3', '4'] } })
    expect(warnings).toMatchObject([{ code: 'stops-cut' }])
  })

  it('gives log-probabilities of the tokens that are text, with the likeliest ones', async () => {
    const { server, llm } = await start()
    const { logprobs } = await llm.complete('x', { ...raw, logprobs: 2 })
    expect(server.bodies(path)[0]).toMatchObject({ parameters: { top_n_tokens: 2 } })
    expect(logprobs).toEqual([
      {
        token: 'Hel',
        logprob: -0.125,
        top: [
          { token: 'Hel', logprob: -0.125 },
          { token: '~1', logprob: -1.125 },
        ],
      },
      {
        token: 'lo',
        logprob: -0.25,
        top: [
          { token: 'lo', logprob: -0.25 },
          { token: '~1', logprob: -1.25 },
        ],
      },
    ])
    expect((await llm.complete('x', { ...raw, logprobs: true })).logprobs?.map(({ top }) => top)).toEqual([[], []])
    expect((await llm.complete('x', raw)).logprobs).toBeUndefined()
    expect(await errorOf(llm.complete('x', { ...raw, logprobs: 6 }))).toMatchObject({
      code: 'UNSUPPORTED_OPTION',
      option: 'logprobs',
    })
  })

  it('puts the prompt before the text for returnFullText, stop strings of the prompt included', async () => {
    const { server, llm } = await start({ answer: () => ['A', ': x', '\nQ', ':'] })
    const answer = await llm.complete('Q: hi\n', { ...raw, returnFullText: true, watermark: true, stop: '\nQ:' })
    expect(server.bodies(path)[0]).toMatchObject({ parameters: { return_full_text: true, watermark: true } })
    expect(answer.text).toBe('Q: hi\nA: x')
  })

  it.each([
    [{ format: 'json', schema } as const, { type: 'json', value: schema }, '{"a":"b"}'],
    [{ format: 'regex', schema: 'a+' } as const, { type: 'regex', value: 'a+' }, 'aaa'],
    [{ format: 'choice', schema: ['a.', 'b'] } as const, { type: 'regex', value: String.raw`(a\.|b)` }, 'a.'],
  ])('constrains the text by its grammar: %j', async (structuredOutput, grammar, text) => {
    const { server, llm } = await start({ answer: () => text })
    const { parsed } = await llm.complete('x', { ...raw, structuredOutput })
    expect(server.grammars).toEqual([grammar])
    expect(parsed).toEqual(structuredOutput.format === 'json' ? JSON.parse(text) : text)
  })

  it('gives a rendered conversation one beginning', async () => {
    const { server, llm } = await start({}, bosPrompting)
    const { route } = await llm.chat(hello, { wireMode })
    expect(route).toBe('completion')
    expect(server.bodies(path)[0]).toMatchObject({ inputs: '[user] Hello\n[assistant]' })
    expect(server.bosCounts).toEqual([1])
  })

  it('leaves a literal text as it is', async () => {
    const { server, llm } = await start()
    await llm.complete('<s>x', raw)
    expect(server.bosCounts).toEqual([2])
  })

  it('takes thinking out of a rendered conversation alone', async () => {
    const answer = (): readonly string[] => ['<think>', 'hm', '</think>', 'Yes']
    const { llm } = await start({ answer }, bosPrompting)
    expect(await llm.chat(hello, { wireMode })).toMatchObject({ text: 'Yes', reasoning: 'hm' })
    expect(await llm.complete('x', raw)).toMatchObject({ text: '<think>hm</think>Yes', reasoning: undefined })
  })

  it('says what is too long, and what the server refuses', async () => {
    const { llm } = await start()
    expect(await errorOf(llm.complete('word '.repeat(1100), raw))).toMatchObject({
      code: 'CONTEXT_OVERFLOW',
      status: 422,
    })
    expect(await errorOf(llm.complete('x', { ...raw, maxTokens: 1024 }))).toMatchObject({ code: 'CONTEXT_OVERFLOW' })
    expect(await errorOf(llm.complete('', raw))).toMatchObject({ code: 'INVALID_REQUEST', isRetryable: false })
  })

  it('says that the server has as many requests as it takes, and that it failed', async () => {
    const full = await start({ maxConcurrentRequests: 0 })
    expect(await errorOf(full.llm.complete('x', raw))).toMatchObject({
      code: 'RATE_LIMITED',
      status: 429,
      isRetryable: true,
    })
    const failing = await start({
      answer: () => ({
        tokens: (function* () {
          yield 'Hel'
          throw new Refusal(424, { error: 'Request failed during generation: CUDA', error_type: 'generation' })
        })(),
      }),
    })
    const error = await errorOf(failing.llm.complete('x', raw))
    expect(error).toMatchObject({ code: 'SERVER_ERROR', status: 424, isRetryable: true })
    expect(error.message).toContain('CUDA')
    expect(error.partial?.text).toBe(wireMode === 'json' ? '' : 'Hel')
  })
})

describe.each(['json', 'stream'] as const)('a conversation, as %s', (wireMode) => {
  const path = '/v1/chat/completions'

  it('goes to the chat route', async () => {
    const { server, llm } = await start()
    const answer = await llm.chat(hello, {
      wireMode,
      temperature: 0,
      topP: 0.5,
      maxTokens: 5,
      seed: 0,
      frequencyPenalty: 1,
    })
    expect(server.bodies(path)).toEqual([
      {
        model: 'tgi',
        messages: hello,
        temperature: 0,
        max_tokens: 5,
        seed: 0,
        frequency_penalty: 1,
        ...(wireMode === 'stream' ? { stream: true, stream_options: { include_usage: true } } : {}),
      },
    ])
    expect(server.sampled).toEqual([false])
    expect(answer).toMatchObject({
      text: 'Hello',
      model: 'org/model',
      finishReason: { unified: 'stop' },
      usage: { outputTokens: 2 },
    })
    expect(server.bosCounts).toEqual([0])
  })

  it('leaves out the stop string that TGI leaves in', async () => {
    const { llm } = await start({ answer: () => ['One', '\nU', 'ser:', 'x'] })
    const answer = await llm.chat(hello, { wireMode, stop: '\nUser:' })
    expect(answer).toMatchObject({ text: 'One', finishReason: { unified: 'stop', raw: 'stop_sequence' } })
  })

  it('wraps constraints as TGI wants them, and not beside tools', async () => {
    const { server, llm } = await start({ answer: () => '{"a":"b"}' })
    const structuredOutput = { format: 'json', schema } as const
    expect((await llm.chat(hello, { wireMode, structuredOutput })).parsed).toEqual({ a: 'b' })
    expect(server.grammars).toEqual([{ type: 'json', value: schema }])
    const tools = [{ name: 'f' }]
    expect(await errorOf(llm.chat(hello, { wireMode, structuredOutput, tools }))).toMatchObject({
      code: 'UNSUPPORTED_OPTION',
    })
    expect(server.requests).toHaveLength(1)
  })

  it('calls tools with a tool prompt', async () => {
    const { server, llm } = await start({ answer: () => ({ toolCalls: [{ name: 'add', arguments: '{"a":1}' }] }) })
    const tools = [{ name: 'add', parameters: { type: 'object', properties: { a: {} } } }]
    const answer = await llm.chat(hello, { wireMode, tools, toolChoice: { name: 'add' }, toolPrompt: 'Use:' })
    expect(server.bodies(path)[0]).toMatchObject({
      tool_choice: { type: 'function', function: { name: 'add' } },
      tool_prompt: 'Use:',
    })
    expect(answer.toolCalls).toEqual([{ id: 'call_add', name: 'add', arguments: '{"a":1}' }])
  })

  it('gives log-probabilities', async () => {
    const { llm } = await start()
    const { logprobs } = await llm.chat(hello, { wireMode, logprobs: 1 })
    expect(logprobs?.map(({ token, top }) => [token, top.length])).toEqual([
      ['Hel', 1],
      ['lo', 1],
    ])
    expect(await errorOf(llm.chat(hello, { wireMode, logprobs: 6 }))).toMatchObject({ code: 'UNSUPPORTED_OPTION' })
  })

  it('reads an error inside the answer', async () => {
    const { llm } = await start({
      answer: () => ({
        tokens: (function* () {
          yield 'Hel'
          throw new Refusal(424, { error: 'Request failed during generation', error_type: 'generation' })
        })(),
      }),
    })
    expect(await errorOf(llm.chat(hello, { wireMode }))).toMatchObject({ code: 'SERVER_ERROR', status: 424 })
  })

  it.each([
    ['presencePenalty', 0.5],
    ['repetitionPenalty', 1.2],
    ['topK', 4],
    ['typicalP', 0.5],
    ['minP', 0.1],
    ['stopTokenIds', [2]],
    ['reasoning', false],
    ['chatTemplateKwargs', { a: 1 }],
    ['logitBias', { 5: 1 }],
    ['returnFullText', true],
    ['parallelToolCalls', false],
  ])('refuses %s, which TGI would drop or twist, before it sends', async (option, value) => {
    const { server, llm } = await start()
    expect(await errorOf(llm.chat(hello, { wireMode, [option]: value }))).toMatchObject({
      code: 'UNSUPPORTED_OPTION',
      option,
    })
    expect(server.requests).toHaveLength(0)
  })
})

it('says that the key is wrong, although TGI says nothing', async () => {
  const server = await TgiServer.start({ apiKey: 'right-key' })
  const llm = connectDialect(new TgiDialect(), server, { apiKey: 'wrong-key' })
  expect(await errorOf(llm.chat(hello))).toMatchObject({ code: 'AUTHENTICATION_FAILED', status: 401, isFatal: true })
  expect(await connectDialect(new TgiDialect(), server, { apiKey: 'right-key' }).chat(hello)).toMatchObject({
    text: 'Hello',
  })
})

it('refuses constraints where the server has none, if they are strict', async () => {
  const server = await TgiServer.start()
  const without = connectDialect(new TgiDialect({ supportsGrammar: false }), server)
  const structuredOutput = { format: 'json', schema, strict: true } as const
  expect(await errorOf(without.chat(hello, { structuredOutput }))).toMatchObject({ code: 'UNSUPPORTED_OPTION' })
  const old = connectDialect(new TgiDialect({ version: '2.0.4' }), server)
  expect(await errorOf(old.chat(hello, { structuredOutput }))).toMatchObject({
    message: expect.stringContaining('literal text only') as string,
  })
  expect(server.requests).toHaveLength(0)
})

it('asks in words a server that was started without grammars and did not say so', async () => {
  const refused = new Refusal(422, {
    error: 'Input validation error: grammar is not supported',
    error_type: 'validation',
  })
  const server = await TgiServer.start({
    answer: ({ body }) => {
      if (body['response_format'] !== undefined) throw refused
      return '```json\n{"a":"b"}\n```'
    },
  })
  const llm = connectDialect(new TgiDialect(), server)
  const { parsed, structuredOutput } = await llm.chat(hello, { structuredOutput: { format: 'json', schema } })
  expect(parsed).toEqual({ a: 'b' })
  expect(structuredOutput).toEqual({ rung: 'prompt', attempts: 1 })
})

it('names an adapter on both routes', async () => {
  const server = await TgiServer.start()
  const llm = connectDialect(new TgiDialect({ adapter: 'my-lora' }), server)
  await llm.complete('x', { raw: true, wireMode: 'json' })
  await llm.chat(hello)
  expect(server.bodies('/generate')[0]).toMatchObject({ parameters: { adapter_id: 'my-lora' } })
  expect(server.bodies('/v1/chat/completions')[0]).toMatchObject({ model: 'my-lora' })
})
