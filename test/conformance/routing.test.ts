/** Which route a request takes, and what of it arrives at the server. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { ChatMessage, XinferenceOptions } from '../../src/index.js'
import { errorOf } from '../support/outcome-of.js'
import { chatAnswer, chatRoute, completionRoute, connect, startXinference } from '../support/xinference-server.js'

const question: readonly ChatMessage[] = [{ role: 'user', content: 'Hello?' }]

async function start(
  options: Partial<XinferenceOptions> = {},
  model: Readonly<Record<string, unknown>> = { model_ability: ['chat', 'tools', 'vision'] },
) {
  const server = await startXinference({ model })
  return { server, llm: connect(server, options) }
}

describe('complete', () => {
  it('asks a model that can chat', async () => {
    const { server, llm } = await start()
    const { text, route } = await llm.complete('Name two colors.')
    expect([text, route]).toEqual(['Hello', 'chat'])
    expect(server.bodiesTo(chatRoute)).toMatchObject([
      { model: 'my-qwen', messages: [{ role: 'user', content: 'Name two colors.' }] },
    ])
  })

  it('continues the text of a model that cannot', async () => {
    const { server, llm } = await start({}, { model_ability: ['generate'] })
    const { text, route } = await llm.complete('Once upon')
    expect([text, route]).toEqual(['Hello', 'completion'])
    expect(server.bodiesTo(completionRoute)).toMatchObject([{ model: 'my-qwen', prompt: 'Once upon' }])
    expect(server.requestsTo(chatRoute)).toHaveLength(0)
  })

  it('continues literal text with raw: true', async () => {
    const { server, llm } = await start({ systemPrompt: 'Be brief.', completionToPrompt: () => 'not this' })
    expect((await llm.complete('Once upon', { raw: true })).route).toBe('completion')
    expect((await llm.streamComplete('Once upon', { raw: true }).response()).route).toBe('completion')
    expect(server.bodiesTo(completionRoute).map((body) => body['prompt'])).toEqual(['Once upon', 'Once upon'])
  })

  it("knows the ancestor's name of raw", async () => {
    const { server, llm } = await start()
    await llm.complete('Once', { formatted: true })
    await llm.streamComplete('Once', { formatted: true }).response()
    await llm.complete('Once', { formatted: true, raw: true })
    await llm.complete('Once', { formatted: false })
    expect(server.requestsTo(completionRoute)).toHaveLength(3)
    expect(server.requestsTo(chatRoute)).toHaveLength(1)
  })

  it('refuses raw and formatted when they disagree', async () => {
    const { server, llm } = await start()
    const refused = { code: 'INVALID_OPTION', option: 'formatted' }
    expect(await errorOf(llm.complete('Once', { raw: false, formatted: true }))).toMatchObject(refused)
    const stream = (async () => llm.streamComplete('Once', { raw: true, formatted: false }).response())()
    expect(await errorOf(stream)).toMatchObject(refused)
    expect(server.requests).toHaveLength(0)
  })

  it('refuses a prompt that is no string', async () => {
    const { llm } = await start()
    for (const prompt of [undefined, null, 7, ['a'], {}]) {
      expect(await errorOf(llm.complete(prompt as never))).toMatchObject({ code: 'INVALID_REQUEST' })
    }
  })

  it('takes an empty prompt', async () => {
    const { server, llm } = await start()
    await llm.complete('', { raw: true })
    expect(server.bodiesTo(completionRoute)).toMatchObject([{ prompt: '' }])
  })

  it('writes the prompt as completionToPrompt does', async () => {
    const { server, llm } = await start({ completionToPrompt: (prompt) => `<|user|>${prompt}<|assistant|>` })
    await llm.complete('Hello?')
    expect(server.bodiesTo(completionRoute)).toMatchObject([{ prompt: '<|user|>Hello?<|assistant|>' }])
  })

  it('puts the system prompt before', async () => {
    const { server, llm } = await start({ systemPrompt: 'Be brief.' })
    await llm.complete('Hello?')
    expect(server.bodiesTo(chatRoute)[0]).toMatchObject({
      messages: [{ role: 'system', content: 'Be brief.' }, question[0]],
    })
    const other = await start({ systemPrompt: 'Be brief.' }, { model_ability: ['generate'] })
    await other.llm.complete('Hello?')
    expect(other.server.bodiesTo(completionRoute)[0]).toMatchObject({ prompt: 'Be brief.\n\nHello?' })
  })
})

describe('chat', () => {
  it('sends the conversation as it is', async () => {
    const { server, llm } = await start()
    const conversation: readonly ChatMessage[] = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Weather?', name: 'Ada' },
      {
        role: 'assistant',
        content: '',
        reasoning: 'not sent back',
        toolCalls: [{ id: 'call_1', name: 'weather', arguments: '{"city":"Rome"}' }],
      },
      { role: 'tool', content: 'sunny', toolCallId: 'call_1' },
      { role: 'user', content: [{ type: 'text', text: 'And tomorrow?' }] },
    ]
    await llm.chat(conversation)
    expect(server.bodiesTo(chatRoute)[0]?.['messages']).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Weather?', name: 'Ada' },
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } }],
      },
      { role: 'tool', content: 'sunny', tool_call_id: 'call_1' },
      { role: 'user', content: [{ type: 'text', text: 'And tomorrow?' }] },
    ])
  })

  it('asks for a stream with usage, and of generate and wireMode json for JSON', async () => {
    const server = await startXinference({
      chat: (request) => (request.body.includes('"stream":true') ? chatAnswer('streamed') : chatAnswer('whole')),
    })
    const llm = connect(server)
    expect((await llm.chat(question)).text).toBe('streamed')
    expect((await llm.chat(question, { wireMode: 'json' })).text).toBe('whole')
    expect((await llm.with({ wireMode: 'json' }).chat(question)).text).toBe('whole')
    expect((await llm.with({ wireMode: 'json' }).chat(question, { wireMode: 'stream' })).text).toBe('streamed')
    // Who reads in parts gets a stream, whatever the pin says.
    expect((await llm.streamChat(question, { wireMode: 'json' }).response()).text).toBe('streamed')
    const [first, second] = server.bodiesTo(chatRoute)
    expect(first).toMatchObject({ stream: true, stream_options: { include_usage: true } })
    expect(second).not.toHaveProperty('stream')
    expect(second).not.toHaveProperty('stream_options')
  })

  it('puts the system prompt before, unless there is one', async () => {
    const { server, llm } = await start({ systemPrompt: 'Be brief.' })
    await llm.chat(question)
    await llm.chat([{ role: 'system', content: 'Be long.' }, ...question])
    expect(server.bodiesTo(chatRoute).map((body) => body['messages'])).toMatchObject([
      [{ content: 'Be brief.' }, { content: 'Hello?' }],
      [{ content: 'Be long.' }, { content: 'Hello?' }],
    ])
  })

  it('writes the conversation as messagesToPrompt does', async () => {
    const messagesToPrompt = (messages: readonly ChatMessage[]): string =>
      messages.map(({ role, content }) => `${role}: ${String(content)}\n`).join('')
    const { server, llm } = await start(
      { messagesToPrompt, systemPrompt: 'Be brief.' },
      { model_ability: ['generate'] },
    )
    const { message, route } = await llm.chat(question)
    expect([message, route]).toEqual([{ role: 'assistant', content: 'Hello' }, 'completion'])
    expect(server.bodiesTo(completionRoute)).toMatchObject([{ prompt: 'system: Be brief.\nuser: Hello?\n' }])
  })

  it('is refused for a model that only continues text', async () => {
    const { server, llm } = await start({}, { model_ability: ['generate'] })
    const error = await errorOf(llm.chat(question))
    expect(error).toMatchObject({ code: 'MODEL_ABILITY', message: expect.stringContaining('complete()') })
    expect(await errorOf(llm.streamChat(question).response())).toMatchObject({ code: 'MODEL_ABILITY' })
    expect(server.requests).toHaveLength(1)
  })

  it('is all that a virtual model takes', async () => {
    const { server, llm } = await start(
      {},
      { model_ability: ['chat'], model_kind: 'virtual', context_length: undefined },
    )
    expect(await errorOf(llm.complete('Once', { raw: true }))).toMatchObject({ code: 'MODEL_ABILITY' })
    expect((await llm.complete('Once')).route).toBe('chat')
    expect(server.requestsTo(completionRoute)).toHaveLength(0)
  })

  it('works with servers too old to list abilities', async () => {
    const { llm } = await start({}, { model_ability: undefined, model_engine: undefined })
    expect((await llm.chat(question, { tools: [{ name: 'weather' }] })).text).toBe('Hello')
  })

  it.each([
    [[], /empty/],
    [undefined, /must be an array/],
    ['Hello?', /must be an array/],
    [[null], /Message 0/],
    [[...question, { role: 'developer', content: 'x' }], /Message 1 has the role "developer"/],
    [[{ role: 'user' }], /Message 0 has no content/],
    [[{ role: 'user', content: [{ type: 'video', url: 'x' }] }], /part of type "video"/],
    [[{ role: 'user', content: [null] }], /Message 0/],
    [[{ role: 'user', content: [{ type: 'image' }] }], /Message 0/],
  ])('refuses the conversation %j', async (messages, message) => {
    const { server, llm } = await start()
    const error = await errorOf(llm.chat(messages as never))
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringMatching(message) })
    expect(server.requestsTo(chatRoute)).toHaveLength(0)
  })
})

describe('tools', () => {
  const tools = [{ name: 'weather', description: 'The weather.', parameters: { type: 'object' } }, { name: 'time' }]

  it('are written as functions', async () => {
    const { server, llm } = await start()
    await llm.chat(question, { tools, toolChoice: { name: 'time' }, parallelToolCalls: false })
    expect(server.bodiesTo(chatRoute)[0]).toMatchObject({
      tools: [
        {
          type: 'function',
          function: { name: 'weather', description: 'The weather.', parameters: { type: 'object' } },
        },
        { type: 'function', function: { name: 'time', parameters: { type: 'object', properties: {} } } },
      ],
      tool_choice: { type: 'function', function: { name: 'time' } },
      parallel_tool_calls: false,
    })
  })

  it('are not written when there are none', async () => {
    const { server, llm } = await start()
    await llm.chat(question, { tools: [] })
    expect(server.bodiesTo(chatRoute)[0]).not.toHaveProperty('tools')
  })

  it('are refused for a model that takes none', async () => {
    const { server, llm } = await start({}, { model_ability: ['chat'] })
    expect(await errorOf(llm.chat(question, { tools }))).toMatchObject({ code: 'MODEL_ABILITY' })
    expect(server.requestsTo(chatRoute)).toHaveLength(0)
  })

  it('come back as calls, from a plain JSON answer as well', async () => {
    const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } }
    const server = await startXinference({
      chat: chatAnswer('', {
        message: {
          role: 'assistant',
          content: null,
          tool_calls: [call, { ...call, id: 7, function: { name: 'time' } }],
        },
        finish_reason: 'tool_calls',
      }),
    })
    const { toolCalls, finishReason, message } = await connect(server).chat(question, { tools, wireMode: 'json' })
    expect(toolCalls).toEqual([
      { id: 'call_1', name: 'weather', arguments: '{"city":"Rome"}' },
      { id: '7', name: 'time', arguments: '' },
    ])
    expect(finishReason.unified).toBe('tool-calls')
    expect(message).toEqual({ role: 'assistant', content: '', toolCalls })
  })

  it.each([
    [{ tools }],
    [{ toolChoice: 'required' as const }],
    [{ reasoning: true }],
    [{ chatTemplateKwargs: { enable_thinking: false } }],
  ])('and what else needs a chat template are refused for literal text: %j', async (options) => {
    const { server, llm } = await start({}, { model_ability: ['chat', 'tools', 'hybrid'] })
    expect(await errorOf(llm.complete('Once', { ...options, raw: true }))).toMatchObject({ code: 'UNSUPPORTED_OPTION' })
    expect(server.requestsTo(completionRoute)).toHaveLength(0)
    const { warnings } = await llm.with({ unsupportedOptions: 'warn' }).complete('Once', { ...options, raw: true })
    expect(warnings).toMatchObject([{ code: 'unsupported-option' }])
    expect(Object.keys(server.bodiesTo(completionRoute)[0] ?? {})).toEqual([
      'model',
      'prompt',
      'max_tokens',
      'temperature',
      'stream',
      'stream_options',
    ])
  })
})

describe('images', () => {
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  )
  const dataUrl = `data:image/png;base64,${png.toString('base64')}`
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'headrace-images-'))
    for (const name of ['dot.png', 'dot.PNG', 'dot', 'notes.txt']) await writeFile(join(folder, name), png)
    await writeFile(join(folder, 'notes.txt'), 'no image')
  })

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  async function sent(image: unknown, more: object = {}): Promise<unknown> {
    const { server, llm } = await start()
    const content = [
      { type: 'text', text: 'What is it?' },
      { type: 'image', image, ...more },
    ]
    await llm.chat([{ role: 'user', content } as ChatMessage])
    const [message] = server.bodiesTo(chatRoute)[0]?.['messages'] as [{ content: { image_url?: { url: string } }[] }]
    expect(message.content[0]).toEqual({ type: 'text', text: 'What is it?' })
    return message.content[1]?.image_url?.url
  }

  it('go over as addresses, as data URLs, or are read here', async () => {
    expect(await sent('https://example.org/a.png')).toBe('https://example.org/a.png')
    expect(await sent(new URL('https://example.org/a.png'))).toBe('https://example.org/a.png')
    expect(await sent(dataUrl)).toBe(dataUrl)
    expect(await sent(join(folder, 'dot.png'))).toBe(dataUrl)
    expect(await sent(join(folder, 'dot.PNG'))).toBe(dataUrl)
    expect(await sent(pathToFileURL(join(folder, 'dot.png')))).toBe(dataUrl)
    expect(await sent(String(pathToFileURL(join(folder, 'dot.png'))))).toBe(dataUrl)
    expect(await sent(new Uint8Array(png))).toBe(dataUrl)
    // Nothing but the leading bytes tells the type.
    expect(await sent(join(folder, 'dot'))).toBe(dataUrl)
    expect(await sent(new Uint8Array([1, 2, 3]), { mediaType: 'image/x' })).toBe('data:image/x;base64,AQID')
  })

  it.each([
    [new Uint8Array([0xff, 0xd8, 0xff, 0]), 'image/jpeg'],
    [Buffer.from('GIF89a'), 'image/gif'],
    [Buffer.from('RIFF\0\0\0\0WEBP'), 'image/webp'],
  ])('have the type that their bytes say (%#)', async (bytes, type) => {
    expect(await sent(bytes)).toMatch(new RegExp(`^data:${type};base64,`))
  })

  it('are refused when they cannot be read', async () => {
    const missing = join(folder, 'missing.png')
    const error = await errorOf(sent(missing))
    expect(error).toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringContaining(missing) })
    expect(await errorOf(sent(join(folder, 'notes.txt')))).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('mediaType'),
    })
    expect(await errorOf(sent(new Uint8Array([1, 2, 3])))).toMatchObject({ code: 'INVALID_REQUEST' })
  })

  it('are refused for a model that cannot see', async () => {
    const { server, llm } = await start({}, { model_ability: ['chat'] })
    const blind = errorOf(llm.chat([{ role: 'user', content: [{ type: 'image', image: dataUrl }] }]))
    expect(await blind).toMatchObject({ code: 'MODEL_ABILITY', message: expect.stringContaining('my-qwen') })
    expect(server.requestsTo(chatRoute)).toHaveLength(0)
  })
})

describe('predict', () => {
  it('fills a template and asks', async () => {
    const { server, llm } = await start()
    expect(await llm.predict('Translate {text} into {language}: {{}}', { text: 'Hallo', language: 'Latin' })).toBe(
      'Hello',
    )
    await llm.predict([{ role: 'system', content: 'Speak {language}.' }, ...question], { language: 'Latin' })
    expect(server.bodiesTo(chatRoute).map((body) => body['messages'])).toMatchObject([
      [{ role: 'user', content: 'Translate Hallo into Latin: {}' }],
      [{ role: 'system', content: 'Speak Latin.' }, { content: 'Hello?' }],
    ])
  })

  it('continues the text of a model that cannot chat', async () => {
    const { server, llm } = await start({}, { model_ability: ['generate'] })
    await llm.predict('Once upon {what}', { what: 'a time' })
    expect(server.bodiesTo(completionRoute)).toMatchObject([{ prompt: 'Once upon a time' }])
  })

  it('uses the output parser', async () => {
    const outputParser = {
      parse: async (text: string) => text.toUpperCase(),
      format: (prompt: string) => `${prompt}\nShout.`,
    }
    const { server, llm } = await start({ outputParser })
    expect(await llm.predict('Hello {name}', { name: 'Ada' })).toBe('HELLO')
    expect(await llm.predict([{ role: 'user', content: 'Hello {name}' }], { name: 'Ada' })).toBe('HELLO')
    expect(server.bodiesTo(chatRoute).map((body) => body['messages'])).toMatchObject([
      [{ content: 'Hello Ada\nShout.' }],
      [{ content: 'Hello Ada\nShout.' }],
    ])
  })

  it('names a variable that is missing, and those that are there', async () => {
    const { server, llm } = await start()
    const error = await errorOf(llm.predict('Hello {name}', { nam: 'Ada', age: 7 }))
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringMatching(/"name".*nam, age/) })
    expect(await errorOf(llm.predict([{ role: 'user', content: '{x}' }]))).toMatchObject({ code: 'INVALID_REQUEST' })
    expect(server.requestsTo(chatRoute)).toHaveLength(0)
  })
})
