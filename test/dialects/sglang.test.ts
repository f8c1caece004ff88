import { describe, expect, it } from 'vitest'

import { SglangDialect } from '../../src/dialects/sglang/sglang-dialect.js'
import { errorOf } from '../support/outcome-of.js'
import { bosPrompting, connectDialect } from '../support/servers/connect-dialect.js'
import { Refusal } from '../support/servers/engine-server.js'
import { SglangServer, type SglangServerOptions } from '../support/servers/sglang.js'

const hello = [{ role: 'user', content: 'Hello' }] as const
const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }

async function start(options: SglangServerOptions = {}, prompting?: typeof bosPrompting) {
  const { isDeterministic, streamsPieces } = options
  const server = await SglangServer.start(options)
  const dialect = new SglangDialect({ model: 'org/served', isDeterministic, streamsPieces })
  return { server, llm: connectDialect(dialect, server, prompting === undefined ? {} : { prompting }) }
}

describe.each(['json', 'stream', 'stream in pieces'] as const)('literal text, as %s', (wire) => {
  const wireMode = wire === 'json' ? 'json' : 'stream'
  const raw = { raw: true, wireMode } as const
  const streamsPieces = wire === 'stream in pieces'

  it('goes to the native route', async () => {
    const { server, llm } = await start({ streamsPieces })
    const answer = await llm.complete('Say hello', { ...raw, topK: 0, minP: 0.1, maxTokens: 9, stopTokenIds: [7] })
    expect(server.bodies('/generate')).toEqual([
      {
        text: 'Say hello',
        sampling_params: { max_new_tokens: 9, min_p: 0.1, stop_token_ids: [7], top_k: -1 },
        ...(wireMode === 'stream' ? { stream: true } : {}),
      },
    ])
    expect(answer).toMatchObject({
      text: 'Hello',
      finishReason: { unified: 'stop', raw: 'stop' },
      usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
    })
  })

  it('says the same token twice when the model does', async () => {
    const { llm } = await start({ streamsPieces, answer: () => ['ha', 'ha', 'ha', ' ', 'ha'] })
    expect((await llm.complete('x', raw)).text).toBe('hahaha ha')
  })

  it('never hands on a stop string, wherever its tokens were cut', async () => {
    const { llm } = await start({ streamsPieces, answer: () => ['One', '\nU', 'ser:', 'x'] })
    const answer = await llm.complete('x', { ...raw, stop: ['\nUser:'] })
    expect(answer).toMatchObject({ text: 'One', finishReason: { unified: 'stop' } })
  })

  it('keeps what only looked like the beginning of a stop string', async () => {
    const { llm } = await start({ streamsPieces, answer: () => ['One', '\nU'] })
    expect((await llm.complete('x', { ...raw, stop: ['\nUser:'] })).text).toBe('One\nU')
  })

  it('ends at the length', async () => {
    const { llm } = await start({ streamsPieces, answer: () => ['a', 'b', 'c'] })
    const answer = await llm.complete('x', { ...raw, maxTokens: 2 })
    expect(answer).toMatchObject({ text: 'ab', finishReason: { unified: 'length' } })
  })

  it('gives log-probabilities', async () => {
    const { llm } = await start({ streamsPieces })
    expect((await llm.complete('x', { ...raw, logprobs: 2 })).logprobs).toEqual([
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
  })

  it.each([
    [{ format: 'json', schema } as const, { json_schema: JSON.stringify(schema) }, '{"a":"b"}'],
    [{ format: 'regex', schema: 'a+' } as const, { regex: 'a+' }, 'aa'],
    [{ format: 'choice', schema: ['a', 'b'] } as const, { regex: '(a|b)' }, 'b'],
    [{ format: 'grammar', schema: 'root ::= "a"' } as const, { ebnf: 'root ::= "a"' }, 'a'],
  ])('is constrained, and so is a conversation: %j', async (structuredOutput, constraint, text) => {
    const { server, llm } = await start({ streamsPieces, answer: () => text })
    await llm.complete('x', { ...raw, structuredOutput })
    await llm.chat(hello, { wireMode, structuredOutput })
    expect(server.constraints).toEqual([constraint, constraint])
  })

  it('gives a rendered conversation one beginning', async () => {
    const { server, llm } = await start({ streamsPieces }, bosPrompting)
    expect((await llm.chat(hello, { wireMode })).route).toBe('completion')
    expect(server.bosCounts).toEqual([1])
  })

  it('takes thinking out of a rendered conversation', async () => {
    const { llm } = await start({ streamsPieces, answer: () => ['<think>', 'hm', '</think>', 'Yes'] }, bosPrompting)
    expect(await llm.chat(hello, { wireMode })).toMatchObject({ text: 'Yes', reasoning: 'hm' })
  })

  it('has errors that are told apart', async () => {
    const { llm } = await start({ streamsPieces })
    expect(await errorOf(llm.complete('word '.repeat(1100), raw))).toMatchObject({ code: 'CONTEXT_OVERFLOW' })
    expect(await errorOf(llm.complete('x', { ...raw, extraBody: { text: 5 } }))).toMatchObject({
      code: 'INVALID_REQUEST',
    })
    const full = await start({ isFull: true })
    expect(await errorOf(full.llm.complete('x', raw))).toMatchObject({ code: 'RATE_LIMITED', status: 503 })
    const tokens = function* (): Generator<string> {
      yield 'Hel'
      throw new Refusal(500, { error: { message: 'scheduler died', type: 'InternalServerError', code: 500 } })
    }
    const failing = await start({ streamsPieces, answer: () => ({ tokens: tokens() }) })
    const error = await errorOf(failing.llm.complete('x', raw))
    expect(error).toMatchObject({ code: 'SERVER_ERROR', status: 500 })
    expect(error.message).toContain('scheduler died')
  })
})

it('promises a seed only where the server keeps it', async () => {
  const without = await start()
  expect(await errorOf(without.llm.complete('x', { raw: true, seed: 1 }))).toMatchObject({ option: 'seed' })
  expect(await errorOf(without.llm.chat(hello, { seed: 1 }))).toMatchObject({ option: 'seed' })
  const { server, llm } = await start({ isDeterministic: true })
  await llm.complete('x', { raw: true, seed: 0 })
  await llm.chat(hello, { seed: 3 })
  expect(server.seeds).toEqual([0, 3])
})

describe.each(['json', 'stream'] as const)('a conversation, as %s', (wireMode) => {
  it('goes to the chat route', async () => {
    const { server, llm } = await start({ answer: () => ({ reasoning: 'hm', tokens: ['Yes'] }) })
    const messages = [...hello, { role: 'assistant', content: 'Well,' }] as const
    const answer = await llm.chat(messages, { wireMode, topK: 3, repetitionPenalty: 1.1, reasoning: true })
    expect(server.bodies('/v1/chat/completions')[0]).toMatchObject({
      model: 'org/served',
      top_k: 3,
      repetition_penalty: 1.1,
      chat_template_kwargs: { enable_thinking: true },
      continue_final_message: true,
    })
    expect(answer).toMatchObject({ text: 'Yes', reasoning: 'hm', usage: { outputTokens: 1 } })
  })
})
