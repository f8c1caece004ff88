import { describe, expect, it } from 'vitest'

import { HfRouterDialect } from '../../src/dialects/hf-router/hf-router-dialect.js'
import { errorOf } from '../support/outcome-of.js'
import { connectDialect } from '../support/servers/connect-dialect.js'
import { Refusal } from '../support/servers/engine-server.js'
import { RouterServer } from '../support/servers/router.js'

const hello = [{ role: 'user', content: 'Hello' }] as const
const apiKey = 'hf_token'

describe.each(['json', 'stream'] as const)('as %s', (wireMode) => {
  it('asks for the model first, and a provider with it', async () => {
    const server = await RouterServer.start()
    const llm = connectDialect(new HfRouterDialect({ model: 'org/model', provider: 'groq' }), server, { apiKey })
    const answer = await llm.chat(hello, { wireMode, temperature: 0.7, seed: 7 })
    expect(Object.keys(server.requests[0]?.body ?? {})[0]).toBe('model')
    expect(server.bodies('/v1/chat/completions')[0]).toMatchObject({
      model: 'org/model:groq',
      temperature: 0.7,
      seed: 7,
    })
    expect(answer).toMatchObject({ text: 'Hello', finishReason: { unified: 'stop' }, usage: { outputTokens: 2 } })
  })

  it.each([
    [401, { error: 'Invalid username or password.' }, { code: 'AUTHENTICATION_FAILED', isFatal: true }],
    [402, { error: 'You have exceeded your monthly included credits' }, { code: 'PAYMENT_REQUIRED', isFatal: true }],
    [403, { error: 'insufficient permissions' }, { code: 'PERMISSION_DENIED', isFatal: true }],
    [404, 'Not Found', { code: 'MODEL_NOT_FOUND', isFatal: true }],
    [422, { error: ['a', 'b'] }, { code: 'INVALID_REQUEST', isFatal: false }],
    [
      400,
      { error: { message: 'maximum context length is 8', code: 'context_length_exceeded' } },
      { code: 'CONTEXT_OVERFLOW' },
    ],
    [502, '<!doctype html><title>Bad Gateway</title>', { code: 'SERVER_ERROR', isRetryable: true }],
    [504, '', { code: 'SERVER_ERROR', isRetryable: true, isFatal: false }],
    [
      503,
      { error: 'Model org/model is currently loading', estimated_time: 20 },
      { code: 'MODEL_LOADING', retryAfterMs: 20_000 },
    ],
  ])('reads %i %j', async (status, body, expected) => {
    const server = await RouterServer.start({ refusal: new Refusal(status, body) })
    const llm = connectDialect(new HfRouterDialect({ model: 'org/model' }), server, { apiKey })
    expect(await errorOf(llm.chat(hello, { wireMode }))).toMatchObject({ status, ...expected })
  })
})

it.each([
  [{ 'retry-after': '7' }, 7000],
  [{ ratelimit: '"api";r=0;t=55' }, 56_000],
  [{ ratelimit: '"api";r=12;t=55' }, undefined],
  [{}, undefined],
])('waits as long as %j asks', async (headers, retryAfterMs) => {
  const refusal = new Refusal(429, { error: 'Too many requests' }, headers)
  const server = await RouterServer.start({ refusal })
  const llm = connectDialect(new HfRouterDialect({ model: 'org/model' }), server, { apiKey })
  expect(await errorOf(llm.chat(hello))).toMatchObject({ code: 'RATE_LIMITED', isRetryable: true, retryAfterMs })
})

it('says that no provider serves a model', async () => {
  const server = await RouterServer.start()
  const llm = connectDialect(new HfRouterDialect({ model: 'org/other' }), server, { apiKey })
  expect(await errorOf(llm.chat(hello))).toMatchObject({ code: 'MODEL_NOT_FOUND', status: 400, isFatal: true })
})

it('takes no literal text, no regex, and nothing that providers may drop', async () => {
  const server = await RouterServer.start()
  const llm = connectDialect(new HfRouterDialect({ model: 'org/model' }), server, { apiKey })
  expect(await errorOf(llm.complete('x', { raw: true }))).toMatchObject({ code: 'MODEL_ABILITY' })
  for (const options of [{ topK: 5 }, { structuredOutput: { format: 'regex', schema: 'a', strict: true } as const }]) {
    expect(await errorOf(llm.chat(hello, options))).toMatchObject({ code: 'UNSUPPORTED_OPTION' })
  }
  expect(server.requests).toHaveLength(0)
})
