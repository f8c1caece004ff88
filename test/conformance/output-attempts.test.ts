/** What is asked after an answer that is not valid, what it costs, and how it ends. */
import { describe, expect, it } from 'vitest'

import type { CallbackEvents, ChatStreamPart, InvalidOutputError, StructuredOutput } from '../../src/index.js'
import { json, stream } from '../support/http-bytes.js'
import { errorOf } from '../support/outcome-of.js'
import { inTurn, type Script } from '../support/scripted-server.js'
import {
  chatAnswer,
  chatChunk,
  chatRoute,
  chatStream,
  completionRoute,
  completionStream,
  connect,
  startXinference,
} from '../support/xinference-server.js'

const question = [{ role: 'user', content: 'Who?' }] as const
const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }
const structuredOutput: StructuredOutput = { format: 'json', schema }
const wrong = chatStream('{"name":', ' 7}')
const right = chatStream('{"name": "Ada"}')

async function start(...answers: readonly [Script, ...Script[]]) {
  const server = await startXinference({ chat: inTurn(...answers), model: { model_engine: 'vLLM' } })
  return { server, llm: connect(server, { maxTokens: 100 }) }
}

describe('an answer that is not valid', () => {
  it('is asked for again, with what was wrong', async () => {
    const { server, llm } = await start(wrong, right)
    const events: string[] = []
    for (const name of ['llm-start', 'llm-end', 'llm-error'] as const)
      llm.callbackManager.on(name, () => events.push(name))
    llm.callbackManager.on('retry', ({ attempt, delayMs, cause }: CallbackEvents['retry']) =>
      events.push(`retry ${attempt} after ${delayMs}: ${cause.code}`),
    )
    const response = await llm.chat(question, { structuredOutput })
    expect(response).toMatchObject({
      parsed: { name: 'Ada' },
      text: '{"name": "Ada"}',
      structuredOutput: { rung: 'constrained', attempts: 2 },
      // Of both.
      usage: { inputTokens: 18, outputTokens: 4, totalTokens: 22 },
      timings: { attempts: 2 },
    })
    expect(events).toEqual(['llm-start', 'retry 2 after 0: INVALID_OUTPUT', 'llm-end'])
    const [first, second] = server.bodiesTo(chatRoute)
    expect(second).toEqual({
      ...first,
      messages: [
        ...question,
        { role: 'assistant', content: '{"name": 7}' },
        { role: 'user', content: expect.stringContaining('- /name: must be string') },
      ],
    })
  })

  it('is asked for as often as is said, and then an error with all of them', async () => {
    const { server, llm } = await start(wrong, chatStream('Ada'), chatStream('{}'))
    const output = { ...structuredOutput, maxAttempts: 3 }
    const error = await errorOf<InvalidOutputError>(llm.chat(question, { structuredOutput: output }))
    expect(error).toMatchObject({
      code: 'INVALID_OUTPUT',
      partial: { text: '{}', usage: { inputTokens: 27, outputTokens: 6 } },
      issues: [{ path: '', message: "must have required property 'name'" }],
      attempts: [
        { text: '{"name": 7}', issues: [{ path: '/name', message: 'must be string' }] },
        { text: 'Ada', issues: [{ path: '' }] },
        { text: '{}', issues: [{ path: '' }] },
      ],
    })
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ attempts: [{ text: '{"name": 7}' }, {}, {}] })
    expect(server.bodiesTo(chatRoute).map(({ messages }) => (messages as unknown[]).length)).toEqual([1, 3, 5])
  })

  it('is asked for again by generateOne, which keeps what the server sent last', async () => {
    const { llm } = await start(chatAnswer('{}'), chatAnswer('{"name": "Ada"}'), chatAnswer('no'))
    const options = { structuredOutput, wireMode: 'json' } as const
    expect(await llm.generateOne(question, options)).toMatchObject({
      outcome: 'ok',
      text: '{"name": "Ada"}',
      usage: { inputTokens: 18, outputTokens: 4 },
    })
    const result = await llm.generateOne(question, options)
    expect(result).toMatchObject({
      outcome: 'invalid',
      text: 'no',
      raw: { choices: [{ message: { content: 'no' } }] },
      cause: { code: 'INVALID_OUTPUT', attempts: [{ text: 'no' }, { text: 'no' }] },
      usage: { inputTokens: 18, outputTokens: 4 },
    })
  })

  it('that is literal text is asked for as it was, by chance or another seed', async () => {
    const completion = inTurn(completionStream('x'), completionStream('2026'), completionStream('x'))
    const server = await startXinference({ completion, model: { model_engine: 'vLLM' } })
    const llm = connect(server, { maxTokens: 10 })
    const call = { raw: true, seed: 5, structuredOutput: { format: 'regex', schema: String.raw`\d{4}` } } as const
    const { parsed, seed } = await llm.complete('It is ', call)
    expect(parsed).toBe('2026')
    const [first, second] = server.bodiesTo(completionRoute)
    expect(second).toEqual({ ...first, seed })
    expect(seed).not.toBe(5)
    // The same would come again.
    const greedy = await errorOf(llm.complete('It is ', { ...call, temperature: 0 }))
    expect(greedy).toMatchObject({ code: 'INVALID_OUTPUT', attempts: [{ text: 'x' }] })
    expect(server.requestsTo(completionRoute)).toHaveLength(3)
  })

  it('is the error where the question grew too long by it', async () => {
    const tooLong = json(400, { detail: 'request (801 tokens) exceeds the available context size (512 tokens)' })
    const { llm } = await start(wrong, tooLong)
    expect(await errorOf(llm.chat(question, { structuredOutput }))).toMatchObject({
      code: 'INVALID_OUTPUT',
      partial: { text: '{"name": 7}', usage: { inputTokens: 9 } },
      attempts: [{ text: '{"name": 7}' }],
    })
  })

  it('gives way to an abort, which knows what was paid', async () => {
    const stop = new AbortController()
    const { server, llm } = await start(wrong, [{ end: 'hang' }])
    llm.callbackManager.on('retry', () => stop.abort())
    expect(await errorOf(llm.chat(question, { structuredOutput, signal: stop.signal }))).toMatchObject({
      code: 'ABORTED',
      partial: { usage: { inputTokens: 9, outputTokens: 2 } },
    })
    expect(server.requestsTo(chatRoute).length).toBeLessThanOrEqual(2)
  })

  it('has deadlines of its own for each answer', async () => {
    const { llm } = await start(wrong, [{ end: 'hang' }])
    const call = { structuredOutput, timeouts: { firstTokenMs: 50 } }
    expect(await errorOf(llm.with({ maxRetries: 0 }).chat(question, call))).toMatchObject({
      code: 'TIMEOUT',
      partial: { usage: { outputTokens: 2 } },
    })
  })
})

describe('a stream', () => {
  async function partsOf(parts: AsyncIterable<ChatStreamPart>): Promise<readonly ChatStreamPart[]> {
    const all: ChatStreamPart[] = []
    for await (const part of parts) all.push(part)
    return all
  }

  it('is not begun again unless that was asked for', async () => {
    const { server, llm } = await start(wrong, right)
    expect(await errorOf(partsOf(llm.streamChat(question, { structuredOutput })))).toMatchObject({
      code: 'INVALID_OUTPUT',
      attempts: [{ text: '{"name": 7}' }],
    })
    expect(server.requestsTo(chatRoute)).toHaveLength(1)
  })

  it('says where it begins again', async () => {
    const { llm } = await start(wrong, right)
    const parts = await partsOf(llm.streamChat(question, { structuredOutput: { ...structuredOutput, maxAttempts: 2 } }))
    expect(parts.map(({ type, text }) => [type, text])).toEqual([
      ['text', '{"name":'],
      ['text', '{"name": 7}'],
      ['restart', ''],
      ['text', '{"name": "Ada"}'],
      ['finish', '{"name": "Ada"}'],
    ])
    expect(parts[2]).toMatchObject({ attempt: 2, issues: [{ path: '/name' }] })
    expect(parts[3]).toMatchObject({ partial: { name: 'Ada' } })
    expect(parts[4]).toMatchObject({ response: { parsed: { name: 'Ada' }, structuredOutput: { attempts: 2 } } })
  })

  it('gives the value as it grows', async () => {
    const text = '{"name": "Ada \\u00e9", "tags": ["a", {"b": [true, null]}], "n": 12}'
    const { llm } = await start(chatStream(...(text.match(/.{1,6}/gs) ?? [])))
    const states: string[] = []
    for await (const part of llm.streamChat(question, { structuredOutput: { format: 'json', schema: {} } })) {
      if (part.type === 'text') states.push(JSON.stringify(part.partial))
    }
    expect(states.slice(0, 4)).toEqual(['{}', '{"name":"Ad"}', '{"name":"Ada "}', '{"name":"Ada é"}'])
    expect(states.at(-1)).toBe(JSON.stringify(JSON.parse(text)))
  })

  it('passes over thinking and a fence on its way to the value', async () => {
    const { llm } = await start(
      chatStream('<think>{"a":', '1}</think>\n``', '`json\n{"na', 'me": "A', 'da"}\n```', '\n'),
    )
    const values: unknown[] = []
    for await (const part of llm.streamChat(question, { structuredOutput })) {
      if (part.type === 'text') values.push(structuredClone(part.partial))
    }
    expect(values).toEqual([undefined, undefined, {}, { name: 'A' }, { name: 'Ada' }, { name: 'Ada' }])
  })

  it('that holds no JSON has no value, and its end is the error', async () => {
    const { llm } = await start(chatStream('I am', ' Ada'))
    const values: unknown[] = []
    const failure = errorOf(
      (async () => {
        for await (const part of llm.streamChat(question, { structuredOutput })) {
          if (part.type === 'text') values.push(part.partial)
        }
      })(),
    )
    expect(await failure).toMatchObject({ code: 'INVALID_OUTPUT' })
    expect(values).toEqual([undefined, undefined])
  })

  it('that is cut is truncated, whatever it says so far', async () => {
    const cut = stream(chatChunk({ content: '{"name": "Ad' }), chatChunk({}, 'length'), '[DONE]')
    const { llm } = await start(cut)
    expect(
      await errorOf(llm.streamChat(question, { structuredOutput: { ...structuredOutput, maxAttempts: 3 } }).response()),
    ).toMatchObject({ code: 'OUTPUT_TRUNCATED', partial: { text: '{"name": "Ad' } })
  })
})
