import { describe, expect, it } from 'vitest'

import { VllmDialect } from '../../src/dialects/vllm/vllm-dialect.js'
import type { StructuredOutput } from '../../src/index.js'
import { errorOf } from '../support/outcome-of.js'
import { bosPrompting, connectDialect } from '../support/servers/connect-dialect.js'
import { Refusal } from '../support/servers/engine-server.js'
import { VllmServer, type VllmServerOptions } from '../support/servers/vllm.js'

const hello = [{ role: 'user', content: 'Hello' }] as const
const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }

async function start(options: VllmServerOptions = {}, prompting?: typeof bosPrompting) {
  const { version = '0.12.0' } = options
  const server = await VllmServer.start(options)
  const dialect = new VllmDialect({ model: 'org/served', version })
  return { server, llm: connectDialect(dialect, server, prompting === undefined ? {} : { prompting }) }
}

const wireModes = ['json', 'stream'] as const

describe.each(wireModes)('as %s', (wireMode) => {
  it('continues literal text', async () => {
    const { server, llm } = await start()
    const answer = await llm.complete('Say hello', {
      raw: true,
      wireMode,
      topK: 0,
      minP: 0.1,
      stopTokenIds: [7],
      stop: 'X',
    })
    expect(server.bodies('/v1/completions')).toEqual([
      {
        model: 'org/served',
        prompt: 'Say hello',
        stop: 'X',
        min_p: 0.1,
        stop_token_ids: [7],
        top_k: -1,
        ...(wireMode === 'stream' ? { stream: true, stream_options: { include_usage: true } } : {}),
      },
    ])
    expect(answer).toMatchObject({
      text: 'Hello',
      finishReason: { unified: 'stop' },
      usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
    })
  })

  it('answers a conversation with what vLLM adds to the protocol', async () => {
    const { server, llm } = await start()
    const answer = await llm.chat(hello, {
      wireMode,
      topK: 5,
      repetitionPenalty: 1.1,
      presencePenalty: 0.5,
      seed: 0,
      reasoning: false,
      chatTemplateKwargs: { date: 'today' },
      logitBias: { '5': 1 },
      logprobs: 2,
    })
    expect(server.bodies('/v1/chat/completions')[0]).toMatchObject({
      messages: hello,
      top_k: 5,
      repetition_penalty: 1.1,
      presence_penalty: 0.5,
      seed: 0,
      chat_template_kwargs: { enable_thinking: false, date: 'today' },
      logit_bias: { '5': 1 },
      logprobs: true,
      top_logprobs: 2,
    })
    expect(answer.text).toBe('Hello')
    expect(answer.logprobs?.map(({ token, top }) => [token, top.length])).toEqual([
      ['Hel', 2],
      ['lo', 2],
    ])
  })

  it('continues the last message of the assistant', async () => {
    const { server, llm } = await start()
    await llm.chat([...hello, { role: 'assistant', content: 'Well,' }], { wireMode })
    await llm.chat(hello, { wireMode })
    const [prefilled, plain] = server.bodies('/v1/chat/completions')
    expect(prefilled).toMatchObject({ add_generation_prompt: false, continue_final_message: true })
    expect(plain).not.toHaveProperty('continue_final_message')
  })

  it('gives a rendered conversation one beginning, and leaves literal text to the server', async () => {
    const { server, llm } = await start({}, bosPrompting)
    expect((await llm.chat(hello, { wireMode })).route).toBe('completion')
    await llm.complete('x', { raw: true, wireMode })
    expect(server.bosCounts).toEqual([1, 1])
    expect(server.bodies('/v1/completions').map((body) => body['add_special_tokens'])).toEqual([false, undefined])
  })

  it.each(['0.10.2', '0.12.0'])('reads the reasoning of version %s', async (version) => {
    const { llm } = await start({ version, answer: () => ({ reasoning: 'hm', tokens: ['Yes'] }) })
    expect(await llm.chat(hello, { wireMode })).toMatchObject({ text: 'Yes', reasoning: 'hm' })
  })

  it('reads thinking that no parser took out', async () => {
    const { llm } = await start({ answer: () => ['<think>', 'hm', '</think>', 'Yes'] })
    expect(await llm.chat(hello, { wireMode })).toMatchObject({ text: 'Yes', reasoning: 'hm' })
  })

  it.each(['0.10.2', '0.12.0'])('reads an error inside the answer of version %s', async (version) => {
    const message = 'The engine died'
    const body =
      version === '0.12.0'
        ? { error: { message, type: 'InternalServerError', code: 500 } }
        : { object: 'error', message, type: 'InternalServerError', code: 500 }
    const tokens = function* (): Generator<string> {
      yield 'Hel'
      throw new Refusal(500, body)
    }
    const { llm } = await start({ version, answer: () => ({ tokens: tokens() }) })
    const error = await errorOf(llm.chat(hello, { wireMode }))
    expect(error).toMatchObject({ code: 'SERVER_ERROR', status: 500, isRetryable: true })
    expect(error.message).toContain(message)
  })
})

describe('constraints', () => {
  const cases: readonly (readonly [StructuredOutput, object, string])[] = [
    [{ format: 'json', schema }, { json: schema }, '{"a":"b"}'],
    [{ format: 'json', schema, whitespacePattern: ' ?' }, { json: schema, whitespace_pattern: ' ?' }, '{"a":"b"}'],
    [{ format: 'regex', schema: 'a+' }, { regex: 'a+' }, 'aa'],
    [{ format: 'choice', schema: ['a', 'b'] }, { choice: ['a', 'b'] }, 'b'],
    [{ format: 'grammar', schema: 'root ::= "a"' }, { grammar: 'root ::= "a"' }, 'a'],
  ]
  const versions = ['0.8.5', '0.10.2', '0.11.0', '0.12.0', '1.0.1']

  it.each(versions.flatMap((version) => cases.map((each) => [version, ...each] as const)))(
    'of version %s take effect on both routes: %j',
    async (version, structuredOutput, constraint, text) => {
      const { server, llm } = await start({ version: version === '1.0.1' ? '0.14.0' : version, answer: () => text })
      const dialect = connectDialect(new VllmDialect({ model: 'org/served', version }), server)
      await dialect.chat(hello, { structuredOutput })
      await dialect.complete('x', { raw: true, structuredOutput })
      expect(server.constraints).toEqual([constraint, constraint])
      await llm.unload()
    },
  )

  it.each([undefined, '0.1.dev1+g0123456', 'nightly'])(
    'are JSON Schemas only where the version is %s',
    async (version) => {
      const server = await VllmServer.start({ answer: () => '{"a":"b"}' })
      const llm = connectDialect(new VllmDialect({ model: 'org/served', version }), server)
      await llm.chat(hello, { structuredOutput: { format: 'json', schema } })
      expect(server.constraints).toEqual([{ json: schema }])
      const error = await errorOf(llm.chat(hello, { structuredOutput: { format: 'regex', schema: 'a', strict: true } }))
      expect(error).toMatchObject({ code: 'UNSUPPORTED_OPTION', option: 'structuredOutput' })
      expect(error.message).toContain('version')
      expect(server.requests).toHaveLength(1)
    },
  )

  it('would be ignored in the fields of an old version', async () => {
    const { server, llm } = await start()
    await llm.chat(hello, { extraBody: { guided_regex: 'a+' } })
    expect(server.constraints).toEqual([{}])
  })
})

describe.each(['0.10.2', '0.12.0'])('errors of version %s', (version) => {
  it('are told apart', async () => {
    const { server, llm } = await start({ version })
    expect(await errorOf(llm.chat([{ role: 'user', content: 'word '.repeat(1100) }]))).toMatchObject({
      code: 'CONTEXT_OVERFLOW',
      status: 400,
    })
    expect(await errorOf(llm.complete('x', { raw: true, extraBody: { top_p: 7 } }))).toMatchObject({
      code: 'INVALID_REQUEST',
      isFatal: false,
    })
    const other = connectDialect(new VllmDialect({ model: 'another', version }), server)
    expect(await errorOf(other.chat(hello))).toMatchObject({ code: 'MODEL_NOT_FOUND', isFatal: true })
  })

  it('say that the queue is full, and that the key is wrong', async () => {
    const { llm } = await start({ version, isFull: true })
    expect(await errorOf(llm.chat(hello))).toMatchObject({ code: 'RATE_LIMITED', status: 503, isRetryable: true })
    const closed = await start({ version, apiKey: 'right-key' })
    expect(await errorOf(closed.llm.chat(hello))).toMatchObject({ code: 'AUTHENTICATION_FAILED' })
  })
})

it('refuses what vLLM does not know before it sends', async () => {
  const { server, llm } = await start()
  expect(await errorOf(llm.chat(hello, { typicalP: 0.5 }))).toMatchObject({
    code: 'UNSUPPORTED_OPTION',
    option: 'typicalP',
  })
  expect(server.requests).toHaveLength(0)
})
