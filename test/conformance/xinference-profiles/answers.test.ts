/** What each version of the server is sent, and what is made of its answers. */
import { describe, expect, it } from 'vitest'

import type { ChatMessage, Tool } from '../../../src/index.js'
import { errorOf } from '../../support/outcome-of.js'
import { chatRoute, completionRoute } from '../../support/xinference-server.js'
import { versions } from '../../support/xinference-profiles/profile.js'
import { profiles } from '../../support/xinference-profiles/profiles.js'
import { expected } from './expected.js'
import { openProfile } from './open-profile.js'

const question: readonly ChatMessage[] = [{ role: 'user', content: 'Hello?' }]
const tools: readonly Tool[] = [{ name: 'weather', parameters: { type: 'object', properties: {} } }]
const counted = { inputTokens: 9, outputTokens: 2, totalTokens: 11 }
const uncounted = { inputTokens: undefined, outputTokens: undefined, totalTokens: undefined }

describe.each(versions)('server %s', (version) => {
  const can = expected[version]
  const streamUsage = can.usageOfStreams ? counted : uncounted

  it('answers a prompt, whole and in parts', async () => {
    const { server, llm } = await openProfile(version)
    const body = {
      model: 'my-qwen',
      messages: [{ role: 'user', content: 'Hello?' }],
      temperature: 1,
      max_tokens: 8192,
      stream: true,
      stream_options: { include_usage: true },
    }
    const answer = await llm.complete('Hello?')
    expect(answer).toMatchObject({
      text: 'Hello',
      route: 'chat',
      finishReason: { unified: 'stop' },
      usage: streamUsage,
    })
    expect(answer.warnings).toEqual([])
    const deltas: string[] = []
    for await (const part of llm.streamComplete('Hello?')) if (part.type === 'text') deltas.push(part.delta)
    expect(deltas).toEqual(['Hel', 'lo'])
    expect(server.bodiesTo(chatRoute)).toEqual([body, body])
  })

  it('answers a conversation, whole, in parts and as JSON', async () => {
    const { server, llm, engineRequests } = await openProfile(version)
    expect(await llm.chat(question)).toMatchObject({ text: 'Hello', usage: streamUsage })
    expect(await llm.streamChat(question).response()).toMatchObject({ text: 'Hello', usage: streamUsage })
    expect(await llm.chat(question, { wireMode: 'json' })).toMatchObject({ text: 'Hello', usage: counted })
    expect(server.bodiesTo(chatRoute).map((body) => body['stream'])).toEqual([true, true, undefined])
    expect(engineRequests).toHaveLength(3)
  })

  it('continues literal text, whole and in parts', async () => {
    const { server, llm } = await openProfile(version)
    expect(await llm.complete('Once', { raw: true })).toMatchObject({
      text: 'Hello',
      route: 'completion',
      finishReason: { unified: 'stop' },
      usage: streamUsage,
    })
    expect((await llm.streamComplete('Once', { raw: true }).response()).text).toBe('Hello')
    expect(server.bodiesTo(completionRoute)).toMatchObject([{ prompt: 'Once' }, { prompt: 'Once' }])
    expect(server.requestsTo(chatRoute)).toEqual([])
  })

  it('reads every option that is sent to it', async () => {
    const { server, engineRequests, llm } = await openProfile(version)
    await llm.chat(question, {
      maxTokens: 7,
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      repetitionPenalty: 1.1,
      frequencyPenalty: 0.1,
      presencePenalty: 0.1,
      seed: 3,
      stop: ['END'],
      stopTokenIds: [2],
    })
    const { stream_options: _, ...sent } = server.bodiesTo(chatRoute)[0] ?? {}
    expect(engineRequests[0]?.fields).toMatchObject(sent)
    expect(Object.keys(sent)).toHaveLength(13)
  })

  it('is not sent what it drops', async () => {
    const { server, llm } = await openProfile(version)
    for (const options of [{ minP: 0.1 }, { typicalP: 0.5 }]) {
      expect(await errorOf(llm.chat(question, options))).toMatchObject({ code: 'UNSUPPORTED_OPTION' })
    }
    expect(server.requestsTo(chatRoute)).toEqual([])
    const lenient = llm.with({ unsupportedOptions: 'warn' })
    expect((await lenient.chat(question, { minP: 0.1 })).warnings).toMatchObject([{ code: 'unsupported-option' }])
    expect(server.bodiesTo(chatRoute)[0]).not.toHaveProperty('min_p')
    await lenient.unload()
  })

  it('calls tools', async () => {
    const { server, llm } = await openProfile(version)
    const { toolCalls, finishReason, usage, message } = await llm.chat([{ role: 'user', content: 'The weather?' }], {
      tools,
    })
    expect(toolCalls).toEqual([{ id: 'call_1', name: 'weather', arguments: '{"city": "Rome"}' }])
    expect(finishReason.unified).toBe('tool-calls')
    expect(usage).toMatchObject(uncounted)
    const { text } = await llm.chat([...question, message, { role: 'tool', content: 'Sunny.', toolCallId: 'call_1' }], {
      tools,
    })
    expect(text).toBe('Hello')
    const streams = server.bodiesTo(chatRoute).map((body) => body['stream'])
    expect(streams).toEqual(can.tools === 'in pieces' ? [true, true] : [undefined, undefined])
  })

  it("takes toolChoice: 'auto', which is no choice, and no other one on vLLM", async () => {
    const { llm } = await openProfile(version)
    expect((await llm.chat(question, { tools, toolChoice: 'auto' })).text).toBe('Hello')
    const call = llm.chat(question, { tools, toolChoice: 'required' })
    if (profiles[version].describes.includes('model_engine')) {
      expect(await errorOf(call)).toMatchObject({ code: 'UNSUPPORTED_OPTION', option: 'toolChoice' })
    } else expect((await call).text).toBe('Hello')
  })

  it(`gives the answer to a stream with tools ${can.tools}`, async () => {
    const { llm } = await openProfile(version)
    const deltas: string[] = []
    for await (const part of llm.streamChat(question, { tools })) if (part.type === 'text') deltas.push(part.delta)
    expect(deltas).toEqual(can.tools === 'in pieces' ? ['Hel', 'lo'] : ['Hello'])
    const calls: string[] = []
    for await (const part of llm.streamChat([{ role: 'user', content: 'The weather?' }], { tools })) {
      if (part.type === 'tool-call') calls.push(part.argumentsDelta)
    }
    expect(calls).toEqual(['{"city": "Rome"}'])
  })

  it('refuses tools for a model that takes none', async () => {
    const { server, llm } = await openProfile(version, { differs: { abilities: ['chat'], family: 'vicuna' } })
    expect(await errorOf(llm.chat(question, { tools }))).toMatchObject({ code: 'MODEL_ABILITY' })
    expect(server.requestsTo(chatRoute)).toEqual([])
  })

  it.each(['split', 'inline'] as const)(`has thinking that was launched %s where the table says`, async (launched) => {
    const differs = { abilities: ['chat', 'reasoning'], splitsReasoning: launched === 'split' }
    const { llm } = await openProfile(version, { differs })
    for (const wireMode of ['stream', 'json'] as const) {
      const { text, reasoning } = await llm.chat([{ role: 'user', content: 'Do think.' }], { wireMode })
      if (can.thinking[launched] === 'reasoning') expect([text, reasoning?.trim()]).toEqual(['Hello', 'Hm.'])
      else expect([text, reasoning]).toEqual(['<think>\nHm.</think>Hello', undefined])
    }
  })

  it(`has reasoning: false ${can.reasoningSwitch} for a hybrid model`, async () => {
    const { llm, engineRequests } = await openProfile(version, { differs: { abilities: ['chat', 'hybrid'] } })
    const call = llm.chat(question, { reasoning: false })
    if (can.reasoningSwitch === 'refused') {
      expect(await errorOf(call)).toMatchObject({ code: 'UNSUPPORTED_OPTION', option: 'reasoning' })
      expect(engineRequests).toEqual([])
    } else {
      await call
      expect(engineRequests[0]?.fields).toHaveProperty('enable_thinking', false)
    }
  })

  it(`has variables for the chat template ${can.chatTemplateKwargs}`, async () => {
    const { llm, engineRequests } = await openProfile(version)
    const call = llm.chat(question, { chatTemplateKwargs: { style: 'brief' } })
    if (can.chatTemplateKwargs === 'refused') {
      expect(await errorOf(call)).toMatchObject({ code: 'UNSUPPORTED_OPTION', option: 'chatTemplateKwargs' })
      expect(engineRequests).toEqual([])
    } else {
      await call
      expect(engineRequests[0]?.fields).toHaveProperty('chat_template_kwargs', { style: 'brief' })
    }
  })

  it.each(['strict', 'other'] as const)('takes a system message in the middle (%s template)', async (template) => {
    const { server, llm } = await openProfile(version, { differs: { isSystemFirst: template === 'strict' } })
    const conversation: readonly ChatMessage[] = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello?' },
      { role: 'assistant', content: 'Yes?' },
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hello?' },
    ]
    const { text, warnings } = await llm.chat(conversation)
    expect(text).toBe('Hello')
    const sent = server.bodiesTo(chatRoute)[0]?.['messages'] as readonly { readonly role: string }[]
    if (can.lateSystemMessage[template] === 'sent') {
      expect(sent).toEqual(conversation)
      expect(warnings).toEqual([])
    } else {
      expect(sent.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user'])
      expect(sent[0]).toEqual({ role: 'system', content: 'Be brief.\n\nBe kind.' })
      expect(warnings).toMatchObject([{ code: 'system-messages-joined' }])
    }
    expect((await llm.chat(conversation.slice(0, 2))).warnings).toEqual([])
  })

  it(`has a conversation that ends with the assistant: ${can.lastFromAssistant}`, async () => {
    const { llm } = await openProfile(version)
    const call = llm.chat([...question, { role: 'assistant', content: 'Well' }])
    if (can.lastFromAssistant === 'answered') expect((await call).text).toBe('Hello')
    else expect(await errorOf(call)).toMatchObject({ code: can.lastFromAssistant, status: 400 })
  })

  it(`has a maxTokens of 40,000: ${can.manyTokens}`, async () => {
    const { llm } = await openProfile(version, { options: { contextWindow: 200_000, maxTokens: 40_000 } })
    const call = llm.chat(question)
    if (can.manyTokens === 'answered') expect((await call).text).toBe('Hello')
    else expect(await errorOf(call)).toMatchObject({ code: can.manyTokens, message: expect.stringContaining('32768') })
  })

  it('generates, several times where it is asked to', async () => {
    const { server, llm } = await openProfile(version)
    const outputs = await llm.generate([question, 'Once'], { numGenerations: 2, seed: 1 })
    expect(outputs.map(({ generations }) => generations)).toEqual([
      ['Hello', 'Hello'],
      ['Hello', 'Hello'],
    ])
    const seeds = server.bodiesTo(chatRoute).map((body) => body['seed'])
    expect(new Set(seeds).size).toBe(2)
    expect(server.requestsTo(completionRoute)).toHaveLength(2)
  })

  it('makes n answers of as many requests, since it drops n', async () => {
    const { server, llm, engineRequests } = await openProfile(version)
    const { alternatives } = await llm.chat(question, { n: 3 })
    expect(alternatives).toHaveLength(2)
    expect(server.bodiesTo(chatRoute).every((body) => !('n' in body))).toBe(true)
    expect(engineRequests).toHaveLength(3)
  })

  it('drops what extraBody says and it does not know', async () => {
    const { llm, engineRequests } = await openProfile(version)
    await llm.chat(question, { extraBody: { n: 2, min_p: 0.1, guided_regex: 'a+' } })
    const isRead = profiles[version].reads.includes('guided_regex')
    expect('guided_regex' in (engineRequests[0]?.fields ?? {})).toBe(isRead)
    expect(engineRequests[0]?.fields).not.toHaveProperty('n')
    expect(engineRequests[0]?.fields).not.toHaveProperty('min_p')
  })
})

describe('a description that a caller wrote', () => {
  const modelDescription = { model_name: 'qwen-chat', model_ability: ['chat', 'tools'], context_length: 4096 }

  it('is taken for one of a new server', async () => {
    const { server, llm } = await openProfile('4.1', { options: { modelDescription } })
    const deltas: string[] = []
    for await (const part of llm.streamChat(question, { tools })) if (part.type === 'text') deltas.push(part.delta)
    expect(deltas).toEqual(['Hel', 'lo'])
    await llm.chat(question, { chatTemplateKwargs: { style: 'brief' } })
    const schema = { type: 'object', required: ['name'] }
    expect((await llm.chat(question, { structuredOutput: { format: 'json', schema } })).parsed).toEqual({ name: 'Ada' })
    expect(server.requestsTo('GET /v1/models')).toEqual([])
  })

  it('may name the engine of an old server, which does not tell it', async () => {
    const first = await openProfile('2.6', { differs: { engine: 'SGLang' } })
    const told = { ...(await first.llm.load()).modelDescription, model_engine: 'SGLang' }
    const { server, llm } = await openProfile('2.6', {
      differs: { engine: 'SGLang' },
      options: { modelDescription: told },
    })
    const schema = { type: 'object', required: ['name'] }
    expect((await llm.chat(question, { structuredOutput: { format: 'json', schema } })).parsed).toEqual({ name: 'Ada' })
    expect(server.bodiesTo(chatRoute)[0]).not.toHaveProperty('guided_json')
  })
})
