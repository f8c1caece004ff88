/** Tokens counted before a prompt is sent, and prompts looked at, on the back ends that ask servers and on the embedded one. */
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type ChatMessage, Xinference } from '../../src/index.js'
import { LlamaCpp } from '../../src/llama-cpp/index.js'
import { errorOf } from '../support/outcome-of.js'
import {
  chatRoute,
  chatStream,
  completionRoute,
  completionStream,
  connect,
  startXinference,
} from '../support/xinference-server.js'

const demo = fileURLToPath(new URL('../../models/demo', import.meta.url))
const question: readonly ChatMessage[] = [{ role: 'user', content: 'What is the capital of Norway?' }]
const rendered = '<|im_start|>user\nWhat is the capital of Norway?<|im_end|>\n<|im_start|>assistant\n'

describe('Xinference with a tokenizer', () => {
  it('counts, shows the prompt, and still asks as a conversation', async () => {
    const server = await startXinference({ chat: chatStream('Oslo.') })
    const llm = connect(server, { tokenizerId: demo })
    const prepared = await llm.prepareInput(question)
    expect(prepared).toMatchObject({ route: 'chat', prompt: rendered, messages: question, warnings: [] })
    expect(prepared.tokens).toBe(await llm.countTokens(question))
    expect(await llm.countTokens('')).toBe(0)
    const { route, warnings } = await llm.chat(question)
    expect({ route, warnings }).toEqual({ route: 'chat', warnings: [] })
    expect(server.bodiesTo(chatRoute)[0]).toMatchObject({ messages: question })
  })

  it('refuses a prompt that does not fit, before it is sent', async () => {
    const server = await startXinference({ chat: chatStream('Oslo.') })
    const llm = connect(server, { tokenizerId: demo, contextWindow: 16 })
    const long: ChatMessage[] = [{ role: 'user', content: 'word '.repeat(50) }]
    expect(await errorOf(llm.chat(long))).toMatchObject({
      code: 'CONTEXT_OVERFLOW',
      context: { contextWindow: 16, inputTokens: expect.any(Number) },
    })
    expect(await llm.generateOne(long)).toMatchObject({ outcome: 'too-long' })
    expect(server.requestsTo(chatRoute)).toHaveLength(0)
  })

  it('opens a user’s turn through the route for literal text', async () => {
    const server = await startXinference({ completion: completionStream('Hi?') })
    const llm = connect(server, { tokenizerId: demo, useMagpieTemplate: true })
    const [output] = await llm.generate([[]])
    expect(output?.generations).toEqual(['Hi?'])
    expect(server.bodiesTo(completionRoute)[0]).toMatchObject({ prompt: '<|im_start|>user\n' })
    expect(server.requestsTo(chatRoute)).toHaveLength(0)
  })

  it('that cannot be had fails the load', async () => {
    const server = await startXinference()
    const error = await errorOf(connect(server, { tokenizerId: `${demo}/nothing-here` }).load())
    expect(error.code).not.toBe('INVALID_REQUEST')
    expect(error.message).toContain('nothing-here')
  })

  it.each([
    [{ useMagpieTemplate: true }, 'tokenizerId'],
    [{ chatTemplate: 'x' }, 'tokenizerId'],
    [{ tokenizerId: demo, magpiePreQueryTemplate: 'qwen2' }, 'magpiePreQueryTemplate'],
  ])('options that do nothing are refused: %j', (options, option) => {
    expect(() => new Xinference({ modelUid: 'a', ...options })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', option }),
    )
  })

  it('is needed to count', async () => {
    const server = await startXinference()
    expect(await errorOf(connect(server).countTokens('x'))).toMatchObject({
      code: 'MODEL_ABILITY',
      message: expect.stringContaining('tokenizerId'),
    })
    expect(await connect(server).prepareInput(question)).toEqual({
      route: 'chat',
      prompt: undefined,
      messages: question,
      tokens: undefined,
      warnings: [],
    })
  })
})

describe('LlamaCpp', () => {
  let llm: LlamaCpp

  beforeAll(async () => {
    llm = await new LlamaCpp({ modelPath: `${demo}/demo.gguf`, temperature: 0 }).load()
  })

  afterAll(() => llm.unload())

  it('counts and shows what the engine evaluates', async () => {
    const prepared = await llm.prepareInput(question)
    expect(prepared).toMatchObject({ route: 'chat', prompt: rendered })
    const { usage } = await llm.chat(question, { maxTokens: 1 })
    expect(prepared.tokens).toBe(usage.inputTokens)
    expect(await llm.countTokens(question)).toBe(usage.inputTokens)
    const raw = await llm.complete('Once there', { raw: true, maxTokens: 1 })
    expect(await llm.countTokens('Once there')).toBe(raw.usage.inputTokens)
  })

  it('writes a user’s turn, with the same text as literal text gives', async () => {
    await using magpie = llm.with({ useMagpieTemplate: true })
    const options = { temperature: 1, seed: 7, maxTokens: 40 }
    const turn = await magpie.chat([], options)
    expect(turn.route).toBe('completion')
    expect(turn.text).toBe((await llm.complete('<|im_start|>user\n', { raw: true, ...options })).text)
    expect(await magpie.prepareInput([])).toMatchObject({ route: 'completion', prompt: '<|im_start|>user\n' })
    expect((await magpie.chat(question, { maxTokens: 3 })).route).toBe('chat')
  })

  it('refuses an empty conversation otherwise', async () => {
    expect(await errorOf(llm.chat([]))).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringMatching(/empty/),
    })
  })
})
