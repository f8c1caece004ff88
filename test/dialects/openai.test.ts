import { describe, expect, it } from 'vitest'

import { OpenAIDialect } from '../../src/dialects/openai/openai-dialect.js'
import { errorOf } from '../support/outcome-of.js'
import { bosPrompting, connectDialect } from '../support/servers/connect-dialect.js'
import { OpenAIServer } from '../support/servers/openai.js'

const hello = [{ role: 'user', content: 'Hello' }] as const
const dialect = new OpenAIDialect({ model: 'some-model' })

describe.each(['json', 'stream'] as const)('as %s', (wireMode) => {
  it("sends nothing that is not of OpenAI's protocol", async () => {
    const server = await OpenAIServer.start()
    const llm = connectDialect(dialect, server)
    const options = {
      temperature: 0,
      topP: 1,
      maxTokens: 5,
      seed: 0,
      stop: ['a'],
      frequencyPenalty: 1,
      presencePenalty: 1,
    }
    const answer = await llm.chat(hello, { wireMode, ...options, logprobs: 1, logitBias: { '5': 1 } })
    expect(answer).toMatchObject({ text: 'Hello', finishReason: { unified: 'stop' }, usage: { outputTokens: 2 } })
    expect(answer.logprobs).toHaveLength(2)
    expect(await llm.complete('x', { raw: true, wireMode, ...options })).toMatchObject({ text: 'Hello' })
  })

  it('gives a rendered conversation one beginning, as most servers add one', async () => {
    const server = await OpenAIServer.start()
    await connectDialect(dialect, server, { prompting: bosPrompting }).chat(hello, { wireMode })
    expect(server.bosCounts).toEqual([1])
  })

  it.each([
    [{ type: 'object', properties: { a: { type: 'string' } } }, undefined],
    [{ type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }, true],
  ])('is strict with schemas that may be: %j', async (schema, strict) => {
    const server = await OpenAIServer.start({ answer: () => '{"a":"b"}' })
    const llm = connectDialect(dialect, server)
    const { parsed } = await llm.chat(hello, { wireMode, structuredOutput: { format: 'json', schema, name: 'it' } })
    expect(parsed).toEqual({ a: 'b' })
    expect(server.bodies('/v1/chat/completions')[0]).toMatchObject({
      response_format: { type: 'json_schema', json_schema: { name: 'it', schema, ...(strict ? { strict } : {}) } },
    })
  })

  it.each([
    'topK',
    'minP',
    'typicalP',
    'repetitionPenalty',
    'reasoning',
    'stopTokenIds',
    'chatTemplateKwargs',
  ] as const)('refuses %s, which the server may drop', async (option) => {
    const server = await OpenAIServer.start()
    const values = { reasoning: false, stopTokenIds: [1], chatTemplateKwargs: { a: 1 }, topK: 5 } as const
    const value = (values as Record<string, unknown>)[option] ?? 0.5
    const llm = connectDialect(dialect, server)
    expect(await errorOf(llm.chat(hello, { wireMode, [option]: value }))).toMatchObject({
      code: 'UNSUPPORTED_OPTION',
      option,
    })
    expect(server.requests).toHaveLength(0)
  })
})

it('reads errors', async () => {
  const server = await OpenAIServer.start({ apiKey: 'right-key' })
  const llm = connectDialect(dialect, server, { apiKey: 'right-key' })
  expect(await errorOf(llm.chat(hello, { extraBody: { top_k: 1 } }))).toMatchObject({ code: 'INVALID_REQUEST' })
  const other = connectDialect(new OpenAIDialect({ model: 'other' }), server, { apiKey: 'right-key' })
  expect(await errorOf(other.chat(hello))).toMatchObject({ code: 'MODEL_NOT_FOUND' })
  expect(await errorOf(connectDialect(dialect, server).chat(hello))).toMatchObject({ code: 'AUTHENTICATION_FAILED' })
})
