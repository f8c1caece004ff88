/** Quirks 1 to 4 and 23: what stands in the chunks of an answer. */
import { describe, expect, it } from 'vitest'

import type { ChatResponse, ChatStreamPart } from '../../src/index.js'
import { fixture } from '../support/fixtures.js'
import { chunk, event, json, lastChunk, stream, streamHead, streamOf } from '../support/http-bytes.js'
import { drain } from '../support/outcome-of.js'
import type { Script } from '../support/scripted-server.js'
import { chatChunk, chatEvents, connect, startXinference, usage } from '../support/xinference-server.js'

const question = [{ role: 'user', content: 'Hello?' }] as const
const unknownUsage = { prompt_tokens: -1, completion_tokens: -1, total_tokens: -1 }

async function read(chat: Script): Promise<{ deltas: unknown[]; response: ChatResponse }> {
  const server = await startXinference({ chat })
  const { parts, error } = await drain<ChatStreamPart>(connect(server, { maxRetries: 0 }).streamChat(question))
  expect(error).toBeUndefined()
  const last = parts.at(-1)
  if (last?.type !== 'finish') throw new Error('The stream has no finish part.')
  return { deltas: parts.slice(0, -1).map(({ type, delta }) => [type, delta]), response: last.response }
}

describe('quirk 1: a delta with content null, with a role alone, or without content', () => {
  it('adds no text and no part', async () => {
    const { deltas, response } = await read(
      stream(
        chatChunk({ role: 'assistant', content: null }),
        chatChunk({ role: 'assistant' }),
        chatChunk({}),
        chatChunk({ role: 'assistant', content: '' }),
        chatChunk({ content: 'Hel' }),
        chatChunk({ content: 'lo' }),
        chatChunk({ content: null }, 'stop'),
        '[DONE]',
      ),
    )
    expect(deltas).toEqual([
      ['text', 'Hel'],
      ['text', 'lo'],
    ])
    expect(response.text).toBe('Hello')
  })

  it('is no text in a plain answer either', async () => {
    const server = await startXinference({
      chat: json(200, { choices: [{ message: { role: 'assistant', content: null }, finish_reason: 'stop' }] }),
    })
    expect((await connect(server).chat(question, { wireMode: 'json' })).text).toBe('')
  })
})

describe('quirk 2: a chunk whose choices are empty', () => {
  it('is read for its usage', async () => {
    const { response } = await read(
      stream(chatChunk({ content: 'Hi' }), { choices: [] }, chatChunk({}, 'stop'), { choices: [], usage }, '[DONE]'),
    )
    expect(response).toMatchObject({ text: 'Hi', usage: { inputTokens: 9, outputTokens: 2, totalTokens: 11 } })
  })
})

describe('quirk 3: a second reason, "stop", after "length"', () => {
  it('changes nothing (transformers engine with usage)', async () => {
    const { response } = await read(streamOf(fixture('xinference-3.2.1-transformers-chat.sse')))
    expect(response.finishReason).toEqual({ unified: 'length', raw: 'length' })
  })

  it('counts when it is tool_calls', async () => {
    const { response } = await read(stream(chatChunk({ content: 'a' }, 'stop'), chatChunk({}, 'tool_calls'), '[DONE]'))
    expect(response.finishReason.unified).toBe('tool-calls')
  })
})

describe('quirk 4: usage that is null, -1, or there several times', () => {
  it.each([
    ['null', [{ ...chatChunk({ content: 'a' }), usage: null }, chatChunk({}, 'stop')], undefined],
    ['-1', [chatChunk({ content: 'a' }), { ...chatChunk({}, 'stop'), usage: unknownUsage }], undefined],
    [
      'counted up, and -1 in the end',
      [
        { ...chatChunk({ content: 'a' }), usage: { ...usage, completion_tokens: 1 } },
        { ...chatChunk({}, 'stop'), usage },
        { choices: [], usage: unknownUsage },
      ],
      2,
    ],
  ])('(%s) gives the last one that is known', async (_what, events, outputTokens) => {
    const { response } = await read(stream(...events, '[DONE]'))
    expect(response.usage.outputTokens).toBe(outputTokens)
  })

  it('(-1 in a plain answer) is not known', async () => {
    const choices = [{ message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' }]
    const server = await startXinference({ chat: json(200, { choices, usage: unknownUsage }) })
    const response = await connect(server).chat(question, { wireMode: 'json' })
    expect(response.usage).toEqual({ inputTokens: undefined, outputTokens: undefined, totalTokens: undefined })
  })
})

describe('quirk 23: characters cut at the borders of chunks', () => {
  it('come out whole, wherever the bytes are cut', async () => {
    const bytes = Buffer.from(chatEvents('Grüße 🌍').map(event).join(''))
    const start = bytes.indexOf('ü')
    const script = [start + 1, start + 9, start + 10, start + 11].reduce<{ from: number; steps: Script }>(
      ({ from, steps }, to) => ({ from: to, steps: [...steps, { write: chunk(bytes.subarray(from, to)) }] }),
      { from: 0, steps: [{ write: streamHead }] },
    )
    const { response } = await read([
      ...script.steps,
      { write: chunk(bytes.subarray(script.from)) },
      { write: lastChunk },
    ])
    expect(response.text).toBe('Grüße 🌍')
  })

  it('stay what the server made of them when it cut them itself', async () => {
    const { response } = await read(stream(...chatEvents('Gr�', '�ße')))
    expect(response.text).toBe('Gr��ße')
  })
})
