import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'

import { demoModelPath } from '../../examples/support/demo-server.js'
import { InferenceEndpointsLLM, type InferenceEndpointsOptions } from '../../src/index.js'
import { LlamaCpp } from '../../src/llama-cpp/index.js'
import { type LLMServer, serve, type ServedRequest } from '../../src/serve/index.js'

const apiKey = 'hf_right'
const tokenizerId = fileURLToPath(new URL('../../models/demo', import.meta.url))
const question = [{ role: 'user', content: 'Tell me a short story about a fox.' }] as const

/** The class, the protocol and a model, with nothing made up between them. */
describe('InferenceEndpointsLLM over TGI routes over a model', () => {
  const model = new LlamaCpp({ modelPath: demoModelPath, contextWindow: 512 })
  const served: ServedRequest[] = []
  let server: LLMServer

  beforeAll(async () => {
    server = await serve(model, { as: 'tgi', apiKey, port: 0, onRequest: (request) => served.push(request) })
  })

  afterAll(async () => {
    await server.close()
    await model.unload()
  })

  const open = (options: InferenceEndpointsOptions = {}): InferenceEndpointsLLM =>
    new InferenceEndpointsLLM({ baseUrl: server.url, apiKey, ...options })

  it('finds out what it is', async () => {
    await using llm = await open().load()
    expect(llm.metadata).toMatchObject({ contextWindow: 512, isChatModel: true })
    expect(llm.toJSON()).not.toHaveProperty('apiKey', apiKey)
  })

  // The chat route and the one of literal text, whole and streamed, must read the same of the same model.
  describe.each([
    ['/v1/chat/completions', {}],
    ['/generate', { tokenizerId }],
  ] as const)('on %s', (path, options) => {
    const route = path === '/generate' ? 'completion' : 'chat'

    it.each(['json', 'stream'] as const)('answers as the model itself does, by %s', async (wireMode) => {
      await using llm = open({ ...options, wireMode })
      const expected = await model.chat(question, { temperature: 0, maxTokens: 40 })
      const answer = await llm.chat(question, { temperature: 0, maxTokens: 40 })
      expect(answer).toMatchObject({ route, text: expected.text, usage: { inputTokens: expected.usage.inputTokens } })
      expect(answer.finishReason.unified).toBe(expected.finishReason.unified)
      expect(answer.usage.outputTokens).toBe(expected.usage.outputTokens)
      const asked = wireMode === 'stream' && route === 'completion' ? '/generate_stream' : path
      expect(served.map((request) => request.path)).toContain(asked)
    })

    it('streams its text in pieces', async () => {
      await using llm = open(options)
      const stream = llm.streamChat(question, { temperature: 0, maxTokens: 20 })
      const deltas: string[] = []
      for await (const { delta } of stream) if (delta !== '') deltas.push(delta)
      const { text } = await model.chat(question, { temperature: 0, maxTokens: 20 })
      expect(deltas.length).toBeGreaterThan(5)
      expect(deltas.join('')).toBe(text)
    })

    it('ends before a stop string', async () => {
      await using llm = open(options)
      const whole = await llm.chat(question, { temperature: 0 })
      const [, stop = ''] = whole.text.split(' ')
      expect(stop).not.toBe('')
      const cut = await llm.chat(question, { temperature: 0, stop: ['no such text', stop] })
      expect(cut.finishReason).toEqual({ unified: 'stop', raw: 'stop_sequence' })
      expect(cut.text).toBe(whole.text.slice(0, whole.text.indexOf(stop)))
    })

    it('is cut at maxTokens', async () => {
      await using llm = open(options)
      const { finishReason, usage } = await llm.chat(question, { maxTokens: 3 })
      expect([finishReason.unified, usage.outputTokens]).toEqual(['length', 3])
    })

    it('says the same twice with one seed', async () => {
      await using llm = open(options)
      const [one, two] = await Promise.all([llm.chat(question, { seed: 7 }), llm.chat(question, { seed: 7 })])
      expect(one.text).toBe(two.text)
      const others = await Promise.all([1, 2, 3].map(async (seed) => (await llm.chat(question, { seed })).text))
      expect(new Set([one.text, ...others]).size).toBeGreaterThan(1)
    })

    it('has log-probabilities', async () => {
      await using llm = open(options)
      const { logprobs, text } = await llm.chat(question, { temperature: 0, maxTokens: 4, logprobs: 2 })
      expect(logprobs?.map(({ token }) => token).join('')).toBe(text)
      for (const { logprob, top } of logprobs ?? []) {
        expect(logprob).toBeLessThanOrEqual(0)
        expect(top).toHaveLength(2)
      }
    })

    it('is as its schema says', async () => {
      await using llm = open(options)
      const User = z.object({ name: z.string().max(8), age: z.int().min(1).max(99) })
      const { parsed } = await llm.chat(question, { structuredOutput: { format: 'json', schema: User } })
      expect(User.parse(parsed)).toEqual(parsed)
    })

    it('is as its regular expression says', async () => {
      await using llm = open(options)
      const { text } = await llm.chat(question, { structuredOutput: { format: 'regex', schema: '[a-c]{2,5}' } })
      expect(text).toMatch(/^[a-c]{2,5}$/)
    })

    it('refuses what is too long', async () => {
      await using llm = open({ ...options, contextWindow: 100_000 })
      const long = [{ role: 'user', content: 'fox '.repeat(600) }] as const
      await expect(llm.chat(long)).rejects.toMatchObject({ code: 'CONTEXT_OVERFLOW' })
    })
  })

  it('continues literal text', async () => {
    await using llm = open()
    const { text, route } = await llm.complete('Once there was a', { raw: true, temperature: 0, maxTokens: 6 })
    const expected = await model.complete('Once there was a', { raw: true, temperature: 0, maxTokens: 6 })
    expect({ text, route }).toEqual({ text: expected.text, route: 'completion' })
  })

  it('puts the prompt first when it is told to', async () => {
    await using llm = open()
    const { text } = await llm.complete('Once', { raw: true, maxTokens: 2, returnFullText: true })
    expect(text).toMatch(/^Once./)
  })

  it('tells the tokens of a text and of a conversation, each with its place', async () => {
    const ask = async (path: string, body: object): Promise<unknown> => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` }
      return (await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) })).json()
    }
    interface Token {
      readonly id: number
      readonly text: string
      readonly start: number
      readonly stop: number
    }
    const inputs = 'Once there wäs a 🦊.'
    const tokens = (await ask('/tokenize', { inputs })) as Token[]
    expect(tokens.map(({ text }) => text).join('')).toBe(inputs)
    expect(tokens).toHaveLength(await model.countTokens(inputs))
    for (const { text, start, stop } of tokens) expect(Array.from(inputs).slice(start, stop).join('')).toBe(text)
    const { prompt } = await model.prepareInput(question)
    const conversation = (await ask('/chat_tokenize', { messages: question })) as Record<string, unknown>
    expect(conversation['templated_text']).toBe(prompt)
    expect(conversation['tokenize_response']).toHaveLength(await model.countTokens(question))
  })

  it('wants its key', async () => {
    await using llm = open({ apiKey: 'hf_wrong' })
    await expect(llm.chat(question)).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' })
  })

  it('answers several inputs several times', async () => {
    await using llm = open({ tokenizerId })
    const outputs = await llm.generate([question, question], { numGenerations: 2, maxTokens: 8, seed: 1 })
    expect(outputs.flatMap(({ generations }) => generations).every((text) => typeof text === 'string')).toBe(true)
    expect(outputs[0]?.statistics.outputTokens).toHaveLength(2)
  })
})

describe('InferenceEndpointsLLM over OpenAI routes over a model', () => {
  it('asks a router by the name of the model, and literal text has no way there', async () => {
    await using model = new LlamaCpp({ modelPath: demoModelPath })
    const options = { as: 'openai', completions: false, modelUid: 'org/model', apiKey, port: 0 } as const
    await using server = await serve(model, options)
    await using llm = new InferenceEndpointsLLM({ modelId: 'org/model', routerUrl: server.url, apiKey })
    const { text, route } = await llm.chat(question, { temperature: 0 })
    expect({ text, route }).toEqual({ text: (await model.chat(question, { temperature: 0 })).text, route: 'chat' })
    await expect(llm.complete('Once', { raw: true })).rejects.toMatchObject({ code: 'MODEL_ABILITY' })
  })

  it('asks a server by its address on both routes', async () => {
    await using model = new LlamaCpp({ modelPath: demoModelPath })
    await using server = await serve(model, { as: 'openai', port: 0 })
    await using llm = new InferenceEndpointsLLM({ baseUrl: server.url, tokenizerId })
    const answer = await llm.chat(question, { temperature: 0, maxTokens: 20 })
    const expected = await model.chat(question, { temperature: 0, maxTokens: 20 })
    expect(answer).toMatchObject({ text: expected.text, usage: { outputTokens: expected.usage.outputTokens } })
    const literal = await llm.complete('Once there was', { raw: true, temperature: 0, maxTokens: 5 })
    expect(literal.text).toBe(
      (await model.complete('Once there was', { raw: true, temperature: 0, maxTokens: 5 })).text,
    )
  })
})
