import { describe, expect, it } from 'vitest'

import { LlamaServerDialect } from '../../src/dialects/llama-server/llama-server-dialect.js'
import { errorOf } from '../support/outcome-of.js'
import { bosPrompting, connectDialect } from '../support/servers/connect-dialect.js'
import { Refusal } from '../support/servers/engine-server.js'
import { LlamaServer, type LlamaServerOptions } from '../support/servers/llama-server.js'

const hello = [{ role: 'user', content: 'Hello' }] as const
const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }

async function start(options: LlamaServerOptions = {}, prompting?: typeof bosPrompting) {
  const server = await LlamaServer.start(options)
  const dialect = new LlamaServerDialect({ model: 'model.gguf', slots: 2 })
  return { server, llm: connectDialect(dialect, server, prompting === undefined ? {} : { prompting }) }
}

describe.each(['json', 'stream'] as const)('as %s', (wireMode) => {
  const raw = { raw: true, wireMode } as const

  it('continues literal text on the native route', async () => {
    const { server, llm } = await start()
    const options = { topK: 0, minP: 0.1, typicalP: 0.9, repetitionPenalty: 1.1, maxTokens: 9, stop: 'X', seed: 0 }
    const answer = await llm.complete('Say hello', { ...raw, ...options, logitBias: { '5': -1 } })
    expect(server.bodies('/completion')).toEqual([
      {
        prompt: 'Say hello',
        top_k: 0,
        min_p: 0.1,
        typical_p: 0.9,
        repeat_penalty: 1.1,
        n_predict: 9,
        stop: ['X'],
        seed: 0,
        logit_bias: [[5, -1]],
        ...(wireMode === 'stream' ? { stream: true } : {}),
      },
    ])
    expect(answer).toMatchObject({
      text: 'Hello',
      model: 'model.gguf',
      finishReason: { unified: 'stop', raw: 'eos' },
      usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
    })
  })

  it('ends at a stop string and at the length', async () => {
    const { llm } = await start({ answer: () => ['a', 'b', '\nQ', ':', 'c'] })
    expect(await llm.complete('x', { ...raw, stop: '\nQ:' })).toMatchObject({
      text: 'ab',
      finishReason: { unified: 'stop', raw: 'word' },
    })
    expect(await llm.complete('x', { ...raw, maxTokens: 1 })).toMatchObject({
      text: 'a',
      finishReason: { unified: 'length', raw: 'limit' },
    })
  })

  it('gives log-probabilities', async () => {
    const { llm } = await start()
    const { logprobs } = await llm.complete('x', { ...raw, logprobs: 2 })
    expect(logprobs).toMatchObject([
      {
        token: 'Hel',
        logprob: -0.125,
        bytes: [72, 101, 108],
        top: [{ token: 'Hel' }, { token: '~1', logprob: -1.125 }],
      },
      { token: 'lo', logprob: -0.25, top: [{ token: 'lo' }, { token: '~1' }] },
    ])
  })

  it('gives a rendered conversation one beginning', async () => {
    const { server, llm } = await start({}, bosPrompting)
    expect((await llm.chat(hello, { wireMode })).route).toBe('completion')
    expect(server.bosCounts).toEqual([1])
  })

  it.each([
    [{ format: 'json', schema } as const, { schema }, '{"a":"b"}'],
    [{ format: 'choice', schema: ['a"', 'b'] } as const, { grammar: 'root ::= "a\\x22" | "b"\n' }, 'b'],
    [{ format: 'regex', schema: '[0-9]{2}' } as const, { grammar: 'root ::= [0-9]{2,2}\n' }, '12'],
    [{ format: 'grammar', schema: 'root ::= "a"' } as const, { grammar: 'root ::= "a"' }, 'a'],
  ])('constrains both routes: %j', async (structuredOutput, constraint, text) => {
    const { server, llm } = await start({ answer: () => text })
    await llm.complete('x', { ...raw, structuredOutput })
    await llm.chat(hello, { wireMode, structuredOutput })
    expect(server.constraints).toEqual([constraint, constraint])
  })

  it('answers a conversation', async () => {
    const { server, llm } = await start({ answer: () => ({ reasoning: 'hm', tokens: ['Yes'] }) })
    const options = { minP: 0.1, repetitionPenalty: 1.1, typicalP: 0.9, reasoning: false, logitBias: { '5': 1 } }
    const answer = await llm.chat(hello, { wireMode, ...options, tools: [{ name: 'f' }], toolChoice: 'required' })
    expect(server.bodies('/v1/chat/completions')[0]).toMatchObject({
      messages: hello,
      min_p: 0.1,
      repeat_penalty: 1.1,
      typical_p: 0.9,
      logit_bias: [[5, 1]],
      chat_template_kwargs: { enable_thinking: false },
      tool_choice: 'required',
    })
    expect(server.toolChoices).toEqual(['required'])
    expect(answer).toMatchObject({ text: 'Yes', reasoning: 'hm' })
  })

  it('says that old text was thrown away', async () => {
    const { llm } = await start({ hasShifted: true })
    expect((await llm.complete('x', raw)).warnings).toMatchObject([{ code: 'context-shifted' }])
  })

  it('has errors that are told apart', async () => {
    const { llm } = await start()
    expect(await errorOf(llm.complete('word '.repeat(1100), raw))).toMatchObject({
      code: 'CONTEXT_OVERFLOW',
      status: 400,
    })
    expect(await errorOf(llm.complete('x', { ...raw, extraBody: { prompt: 5 } }))).toMatchObject({
      code: 'INVALID_REQUEST',
    })
    const loading = await start({ isLoading: true })
    expect(await errorOf(loading.llm.complete('x', raw))).toMatchObject({ code: 'MODEL_LOADING', isRetryable: true })
    const closed = await start({ apiKey: 'right-key' })
    expect(await errorOf(closed.llm.chat(hello, { wireMode }))).toMatchObject({ code: 'AUTHENTICATION_FAILED' })
    const tokens = function* (): Generator<string> {
      yield 'Hel'
      throw new Refusal(500, { error: { code: 500, message: 'decode failed', type: 'server_error' } })
    }
    const failing = await start({ answer: () => ({ tokens: tokens() }) })
    expect(await errorOf(failing.llm.complete('x', raw))).toMatchObject({ code: 'SERVER_ERROR', status: 500 })
  })

  it('refuses what llama-server would drop, before it sends', async () => {
    const { server, llm } = await start()
    const tools = [{ name: 'f' }]
    for (const options of [
      { stopTokenIds: [1] },
      // What no grammar says.
      { structuredOutput: { format: 'regex', schema: '(?=a).' } as const },
      { tools, toolChoice: { name: 'f' } },
    ]) {
      expect(await errorOf(llm.chat(hello, { wireMode, ...options }))).toMatchObject({ code: 'UNSUPPORTED_OPTION' })
    }
    expect(server.requests).toHaveLength(0)
  })
})

it('reads servers of 2024, which say ends and probabilities in other words', () => {
  const said: unknown[] = []
  const sink = new Proxy(
    {},
    {
      get:
        (_, name) =>
        (...values: unknown[]) =>
          said.push([name, ...values]),
    },
  )
  new LlamaServerDialect().read(
    {
      content: 'Hi',
      stop: true,
      stopped_eos: false,
      stopped_limit: true,
      stopped_word: false,
      tokens_predicted: 1,
      tokens_evaluated: 4,
      completion_probabilities: [{ content: 'Hi', probs: [{ tok_str: 'Hi', prob: 1 }] }],
    },
    'completion',
    sink as never,
  )
  expect(said).toEqual([
    ['text', 'Hi', [{ token: 'Hi', logprob: 0, top: [{ token: 'Hi', logprob: 0 }] }]],
    ['finish', { unified: 'length', raw: 'limit' }],
    ['usage', { inputTokens: 4, outputTokens: 1, totalTokens: 5 }],
  ])
})
