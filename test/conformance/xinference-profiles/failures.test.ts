/** How each version of the server fails, and what the failure is to a caller. */
import { describe, expect, it } from 'vitest'

import type { ChatMessage } from '../../../src/index.js'
import { drain, errorOf } from '../../support/outcome-of.js'
import { chatRoute, completionRoute } from '../../support/xinference-server.js'
import { versions } from '../../support/xinference-profiles/profile.js'
import { profiles } from '../../support/xinference-profiles/profiles.js'
import { expected } from './expected.js'
import { openProfile } from './open-profile.js'

const question: readonly ChatMessage[] = [{ role: 'user', content: 'Hello?' }]
const wireModes = ['stream', 'json'] as const

describe.each(versions)('server %s', (version) => {
  const can = expected[version]
  const profile = profiles[version]

  it('no longer has the model', async () => {
    const { llm } = await openProfile(version)
    const { modelDescription } = await llm.load()
    const other = await openProfile(version, { differs: { uid: 'other' }, options: { modelDescription } })
    for (const wireMode of wireModes) {
      const error = await errorOf(other.llm.chat(question, { wireMode }))
      expect(error).toMatchObject({ code: 'MODEL_NOT_FOUND', status: profile.unknownModel('my-qwen').status })
    }
    expect(other.waits).toEqual([])
  })

  it.each(wireModes)('loads the model, which is waited for (%s)', async (wireMode) => {
    const { server, llm, waits } = await openProfile(version, {
      obstacles: ['loading', 'loading', 'loading'],
      options: { maxRetries: 0 },
    })
    expect((await llm.chat(question, { wireMode })).text).toBe('Hello')
    expect((await llm.complete('Once', { raw: true, wireMode })).text).toBe('Hello')
    expect(waits).toEqual(['MODEL_LOADING', 'MODEL_LOADING', 'MODEL_LOADING'])
    expect(server.requestsTo(chatRoute)).toHaveLength(4)
  })

  it('loads the model for longer than is waited', async () => {
    const { llm } = await openProfile(version, { obstacles: ['loading'], options: { waitTimeoutMs: 0 } })
    expect(await errorOf(llm.chat(question))).toMatchObject({ code: 'MODEL_LOADING' })
  })

  it('takes a uid that ends like a replica for a uid', async () => {
    const { llm } = await openProfile(version)
    const { modelDescription } = await llm.load()
    const options = { modelUid: 'my-qwen-0', modelDescription }
    const other = await openProfile(version, { options })
    expect(await errorOf(other.llm.chat(question))).toMatchObject({ code: 'MODEL_NOT_FOUND' })
  })

  it.each(wireModes)('has as many requests as it takes, so the request is sent again (%s)', async (wireMode) => {
    const { server, llm, waits } = await openProfile(version, { obstacles: ['busy', 'busy'] })
    expect((await llm.chat(question, { wireMode })).text).toBe('Hello')
    expect(waits).toEqual(['RATE_LIMITED', 'RATE_LIMITED'])
    expect(server.requestsTo(chatRoute)).toHaveLength(3)
    const literal = await openProfile(version, { obstacles: ['busy'] })
    expect((await literal.llm.complete('Once', { raw: true, wireMode })).text).toBe('Hello')
    expect(literal.waits).toEqual(['RATE_LIMITED'])
  })

  it.each(wireModes)('is busy with one request on llama.cpp, so the second is sent again (%s)', async (wireMode) => {
    const { llm, waits } = await openProfile(version, {
      differs: { engine: 'llama.cpp' },
      obstacles: ['busy llama.cpp'],
    })
    expect((await llm.chat(question, { wireMode })).text).toBe('Hello')
    expect(waits).toEqual(['RATE_LIMITED'])
  })

  it.each(wireModes)('stays busy, which is the end after the last attempt (%s)', async (wireMode) => {
    const { llm } = await openProfile(version, { obstacles: ['busy'], options: { maxRetries: 0 } })
    expect(await errorOf(llm.chat(question, { wireMode }))).toMatchObject({ code: 'RATE_LIMITED', status: 429 })
  })

  it('cannot read the request', async () => {
    const { server, llm, waits } = await openProfile(version)
    const error = await errorOf(llm.chat(question, { extraBody: { temperature: 3 } }))
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringContaining('temperature') })
    expect(await errorOf(llm.chat(question, { extraBody: { max_tokens: 0 } }))).toMatchObject({
      code: 'INVALID_REQUEST',
    })
    expect([waits, server.requestsTo(chatRoute).length]).toEqual([[], 2])
  })

  it('cannot do what is asked', async () => {
    const { llm } = await openProfile(version)
    const error = await errorOf(llm.chat(question, { extraBody: { logit_bias: { 7: 1 } } }))
    expect(error).toMatchObject({ code: 'UNSUPPORTED_OPTION', status: 501 })
  })

  it.each(wireModes)('refuses a prompt above the window of a chat (%s)', async (wireMode) => {
    const { server, llm, waits } = await openProfile(version)
    const long = [{ role: 'user', content: 'overflow' }] as const
    expect(await errorOf(llm.chat(long, { wireMode }))).toMatchObject({ code: 'CONTEXT_OVERFLOW' })
    expect(waits).toEqual([])
    const asked = server.requestsTo('GET /v1/models/my-qwen/events')
    expect(asked).toHaveLength(can.overflowIsToldBy === 'events' ? 1 : 0)
    const other = await openProfile(version)
    expect(await other.llm.generateOne(long, { wireMode })).toMatchObject({ outcome: 'too-long' })
  })

  it.each(wireModes)('refuses literal text above the window (%s)', async (wireMode) => {
    const { server, llm } = await openProfile(version)
    const error = await errorOf(llm.complete('overflow', { raw: true, wireMode }))
    expect(error).toMatchObject({ code: 'CONTEXT_OVERFLOW' })
    expect(server.requestsTo(completionRoute)).toHaveLength(1)
  })

  it('dies in the middle of an answer', async () => {
    const { server, llm, waits } = await openProfile(version)
    const { parts, error } = await drain(llm.streamChat([{ role: 'user', content: 'die' }]))
    expect(parts).toMatchObject([{ type: 'text', delta: 'Hel' }])
    expect(error).toMatchObject({ code: 'SERVER_ERROR', partial: { text: 'Hel' } })
    expect([waits, server.requestsTo(chatRoute).length]).toEqual([[], 1])
  })

  it('dies before it answered in JSON, so the request is sent again', async () => {
    const { server, llm } = await openProfile(version, { options: { wireMode: 'json' } })
    expect(await errorOf(llm.chat([{ role: 'user', content: 'die' }]))).toMatchObject({ code: 'SERVER_ERROR' })
    expect(server.requestsTo(chatRoute)).toHaveLength(3)
    await errorOf(llm.complete('die', { raw: true }))
    expect(server.requestsTo(completionRoute)).toHaveLength(3)
  })
})
