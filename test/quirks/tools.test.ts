/** Quirks 10 to 12 and 15: tool calls. */
import { describe, expect, it } from 'vitest'

import type { ChatResponse, ChatStreamPart, ToolCall } from '../../src/index.js'
import { fixture } from '../support/fixtures.js'
import { detail, stream, streamOf } from '../support/http-bytes.js'
import { connectImpatient } from '../support/impatient-model.js'
import { drain, errorOf } from '../support/outcome-of.js'
import { inTurn, type Script } from '../support/scripted-server.js'
import { chatAnswer, chatChunk, chatRoute, chatStream, connect, startXinference } from '../support/xinference-server.js'

const question = [{ role: 'user', content: 'Weather?' }] as const
const tools = [{ name: 'weather' }, { name: 'time' }]
const rome: ToolCall = { id: 'call_1', name: 'weather', arguments: '{"city":"Rome"}' }
const oslo: ToolCall = { id: 'call_2', name: 'weather', arguments: '{"city":"Oslo"}' }
const time: ToolCall = { id: 'call_2', name: 'time', arguments: '{"zone":1}' }

type Fields = Readonly<Record<string, unknown>>

/** One chunk with the pieces of tool calls. */
const pieces = (...calls: readonly Fields[]): object => chatChunk({ tool_calls: calls })
/** A piece; what is undefined is not sent. */
const piece = (index: number | undefined, id?: string, name?: string, text?: unknown): Fields => ({
  index,
  id,
  type: 'function',
  function: { name, arguments: text },
})
const end = (reason: string): readonly unknown[] => [chatChunk({}, reason), '[DONE]']

async function read(script: Script): Promise<{ parts: readonly ChatStreamPart[]; response: ChatResponse }> {
  const server = await startXinference({ chat: script })
  const { parts, error } = await drain<ChatStreamPart>(connect(server).streamChat(question, { tools }))
  expect(error).toBeUndefined()
  const last = parts.at(-1)
  if (last?.type !== 'finish') throw new Error('The stream has no finish part.')
  return { parts, response: last.response }
}

async function callsOf(...events: readonly unknown[]): Promise<readonly ToolCall[]> {
  const { parts, response } = await read(stream(...events, ...end('tool_calls')))
  expect(response.finishReason.unified).toBe('tool-calls')
  expect(response.message.toolCalls).toEqual(response.toolCalls)
  // Who puts the parts together has the same.
  const assembled: string[] = []
  for (const part of parts) {
    if (part.type === 'tool-call') assembled[part.index] = (assembled[part.index] ?? '') + part.argumentsDelta
  }
  expect(assembled).toEqual(response.toolCalls.map(({ arguments: text }) => text))
  return response.toolCalls
}

describe('quirk 10: chunk ids that change, and tool calls with a new id in each chunk', () => {
  it('are put together by their index (bytes of the vLLM engine)', async () => {
    const { response } = await read(streamOf(fixture('xinference-3.2.1-vllm-tools-chat.sse')))
    expect(response.toolCalls).toEqual([
      { id: 'call_5b1e', name: 'get_weather', arguments: '{"city": "Zürich"}' },
      { id: 'call_e0c3', name: 'get_time', arguments: '{}' },
    ])
  })

  it('are kept apart although their pieces alternate', async () => {
    const calls = await callsOf(
      { ...pieces(piece(0, 'call_1', 'weather', '')), id: 'chat1' },
      { ...pieces(piece(1, 'call_2', 'time', '')), id: 'chat2' },
      { ...pieces(piece(0, 'call_3', undefined, '{"city":')), id: 'chat3' },
      { ...pieces(piece(1, 'call_4', undefined, '{"zone":')), id: 'chat4' },
      { ...pieces(piece(0, 'call_5', undefined, '"Rome"}'), piece(1, 'call_6', undefined, '1}')), id: 'chat5' },
    )
    expect(calls).toEqual([rome, time])
  })
})

describe('quirk 11: arguments in pieces, empty first, sent once more, without an index', () => {
  it.each([
    [
      'in pieces',
      [
        pieces(piece(0, 'call_1', 'weather', '')),
        pieces(piece(0, undefined, undefined, '{"city":')),
        pieces(piece(0, undefined, undefined, '"Rome"}')),
      ],
    ],
    [
      'empty, then whole',
      [pieces(piece(0, 'call_1', 'weather', '')), pieces(piece(0, 'x', undefined, '{"city":"Rome"}'))],
    ],
    [
      'in pieces, then whole',
      [
        pieces(piece(0, 'call_1', 'weather', '{"city":')),
        pieces(piece(0, undefined, undefined, '"Rome"}')),
        pieces(piece(0, 'call_1', 'weather', '{"city": "Rome"}')),
      ],
    ],
    [
      'without an index, by id and by position',
      [
        pieces(piece(undefined, 'call_1', 'weather', '{"ci')),
        pieces(piece(undefined, 'call_1', undefined, 'ty":')),
        pieces(piece(undefined, undefined, undefined, '"Rome"}')),
      ],
    ],
    ['as an object', [pieces(piece(0, 'call_1', 'weather', { city: 'Rome' }))]],
    [
      'with null where nothing is',
      [
        pieces({ index: 0, id: 'call_1', type: null, function: { name: 'weather', arguments: null } }),
        pieces({ index: 0, id: null, function: { name: null, arguments: '{"city":"Rome"}' } }),
        pieces({ index: 0, id: '', function: null }),
      ],
    ],
  ])('are one call: %s', async (_what, events) => {
    expect(await callsOf(...events)).toEqual([rome])
  })

  it('are kept apart without an index, by their ids', async () => {
    const calls = await callsOf(
      pieces(piece(undefined, 'call_1', 'weather', '{"city":')),
      pieces(piece(undefined, 'call_2', 'time', '{"zone":')),
      pieces(piece(undefined, 'call_1', undefined, '"Rome"}')),
      pieces(piece(undefined, 'call_2', undefined, '1}')),
    )
    expect(calls).toEqual([rome, time])
  })

  it.each([
    [
      'with an index',
      [pieces(piece(0, 'call_1', 'weather', rome.arguments), piece(1, 'call_2', 'time', time.arguments))],
    ],
    [
      'without an index',
      [
        pieces(
          piece(undefined, 'call_1', 'weather', rome.arguments),
          piece(undefined, 'call_2', 'time', time.arguments),
        ),
      ],
    ],
  ])('are not doubled when the whole list comes twice: %s', async (_what, list) => {
    expect(await callsOf(...list, ...list)).toEqual([rome, time])
    const renamed = JSON.parse(JSON.stringify(list).replaceAll('call_', 'other_')) as unknown[]
    expect(await callsOf(...list, ...renamed)).toEqual([rome, time])
  })

  it.each([
    [
      'of different tools',
      pieces(piece(0, 'call_1', 'weather', rome.arguments)),
      pieces(piece(0, 'call_2', 'time', time.arguments)),
      time,
    ],
    [
      'of the same tool',
      pieces(piece(0, 'call_1', 'weather', rome.arguments)),
      pieces(piece(0, 'call_2', 'weather', oslo.arguments)),
      oslo,
    ],
  ])('are two calls %s although both have the index 0', async (_what, first, second, call) => {
    expect(await callsOf(first, second)).toEqual([rome, call])
  })
})

describe('quirk 12: arguments that are no JSON, under the reason "stop"', () => {
  const broken = '{"city": Rome'

  it('are kept, with a warning', async () => {
    const { response } = await read(stream(pieces(piece(0, undefined, 'weather', broken)), ...end('stop')))
    expect(response.toolCalls).toEqual([{ id: 'call_0', name: 'weather', arguments: broken }])
    expect(response.warnings).toEqual([
      {
        code: 'invalid-tool-arguments',
        message: expect.stringMatching(/weather.*\{"city": Rome\); do not run the tool/),
      },
    ])
  })

  it('are said to be cut off where tokens ran out, in a plain answer as well', async () => {
    const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: broken } }
    const message = { role: 'assistant', content: null, tool_calls: [call] }
    const server = await startXinference({ chat: chatAnswer('', { message, finish_reason: 'length' }) })
    const { warnings } = await connect(server).chat(question, { tools, wireMode: 'json' })
    expect(warnings).toMatchObject([
      { code: 'invalid-tool-arguments', message: expect.stringContaining('raise maxTokens') },
    ])
  })

  it('are not seen where there are none, or they are right', async () => {
    const { response } = await read(
      stream(pieces(piece(0, 'a', 'weather', rome.arguments), piece(1, 'b', 'time')), ...end('tool_calls')),
    )
    expect(response.warnings).toEqual([])
  })
})

describe('quirk 15: a reasoning model that calls a tool, on llama.cpp', () => {
  const said = "argument of type 'NoneType' is not iterable"

  it.each([
    ['500', detail(500, `[address=127.0.0.1:41233, pid=7] ${said}`)],
    ['an event', stream({ error: said })],
  ] as readonly (readonly [string, Script])[])(
    'fails with %s, which is said to be a bug of the server',
    async (_what, bad) => {
      const server = await startXinference({ chat: inTurn(bad, chatStream('Hello')) })
      const { llm } = await connectImpatient(server)
      const error = await errorOf(llm.chat(question, { tools }))
      expect(error).toMatchObject({ code: 'SERVER_ERROR', isRetryable: false })
      expect(error.message).toMatch(/bug of the server.*: leave tools out/)
      expect(server.requestsTo(chatRoute)).toHaveLength(1)
    },
  )
})
