import { describe, expect, it } from 'vitest'

import type { ChatStreamPart } from '../../src/index.js'
import { fixture } from '../support/fixtures.js'
import { json, lastChunk, openStream, stream, streamHead, streamOf, whole } from '../support/http-bytes.js'
import { drain, errorOf } from '../support/outcome-of.js'
import { type RecordedStream, recordedStreams } from '../support/recorded-streams.js'
import type { Script } from '../support/scripted-server.js'
import {
  chatAnswer,
  chatChunk,
  chatEvents,
  chatRoute,
  chatStream,
  connect,
  startXinference,
  usage,
} from '../support/xinference-server.js'

const question = [{ role: 'user', content: 'Hello?' }] as const

async function open(script: Script, model: Readonly<Record<string, unknown>> = {}) {
  const server = await startXinference({ chat: script, completion: script, model })
  return connect(server, { maxRetries: 0 })
}

/** The parts of a chat stream and its end. */
async function read(script: Script, model: Readonly<Record<string, unknown>> = {}) {
  const llm = await open(script, model)
  return drain(llm.streamChat(question))
}

describe('a recorded stream', () => {
  it.each(recordedStreams)('$file gives its parts, its reason and its usage', async (recorded: RecordedStream) => {
    const llm = await open(streamOf(fixture(recorded.file)), recorded.model)
    const parts: ChatStreamPart[] = []
    const source = recorded.kind === 'chat' ? llm.streamChat(question) : llm.streamComplete('Roses', { raw: true })
    for await (const part of source) parts.push(part as ChatStreamPart)
    const deltas = parts.slice(0, -1).map((part) => {
      if (part.type === 'tool-call') return [part.type, part.argumentsDelta]
      return [part.type, part.type === 'reasoning' ? part.reasoningDelta : part.delta]
    })
    expect(deltas).toEqual(recorded.deltas)
    const last = parts.at(-1)
    if (last?.type !== 'finish') throw new Error('no finish part')
    const { response } = last
    const joined = (type: string): string =>
      recorded.deltas
        .filter(([each]) => each === type)
        .map(([, delta]) => delta)
        .join('')
    expect(response.text).toBe(joined('text'))
    expect(response.reasoning ?? '').toBe(joined('reasoning'))
    expect(response.finishReason).toEqual(recorded.finishReason)
    const { inputTokens, outputTokens, totalTokens } = response.usage
    expect([inputTokens, outputTokens, totalTokens]).toEqual(recorded.tokens)
    if (recorded.kind === 'chat') expect(response.toolCalls).toEqual(recorded.toolCalls ?? [])
    expect(response.model).toBe(recorded.answeredBy ?? 'm')
    expect(response.route).toBe(recorded.kind)
  })
})

describe('a part', () => {
  it('has what it adds and all text so far; the last one has the answer', async () => {
    const { parts } = await read(chatStream('Hel', 'lo', '!'))
    expect(parts.map(({ type, delta, text }) => [type, delta, text])).toEqual([
      ['text', 'Hel', 'Hel'],
      ['text', 'lo', 'Hello'],
      ['text', '!', 'Hello!'],
      ['finish', '', 'Hello!'],
    ])
    expect(parts.at(-1)).toMatchObject({
      response: {
        text: 'Hello!',
        message: { role: 'assistant', content: 'Hello!' },
        finishReason: { unified: 'stop', raw: 'stop' },
        usage: { inputTokens: 9, outputTokens: 2, totalTokens: 11, raw: usage },
        route: 'chat',
        timings: { attempts: 1, firstTokenMs: expect.any(Number), totalMs: expect.any(Number) },
        raw: { choices: [], usage },
      },
    })
  })

  it('keeps reasoning apart from the text', async () => {
    const { parts } = await read(stream(chatChunk({ reasoning_content: 'Hm', content: null }), ...chatEvents('Yes')), {
      model_ability: ['chat', 'reasoning'],
    })
    expect(parts).toMatchObject([
      { type: 'reasoning', delta: '', text: '', reasoningDelta: 'Hm', reasoning: 'Hm' },
      { type: 'text', delta: 'Yes', text: 'Yes' },
      { type: 'finish', response: { text: 'Yes', reasoning: 'Hm', message: { reasoning: 'Hm' } } },
    ])
  })

  it('is the same through response()', async () => {
    const llm = await open(chatStream('Hel', 'lo'))
    const response = await llm.streamChat(question).response()
    expect(response.text).toBe('Hello')
    expect((await llm.chat(question)).text).toBe('Hello')
    expect((await llm.streamComplete('Hello?').response()).text).toBe('Hello')
  })

  it('may be read one by one before response() reads the rest', async () => {
    const source = (await open(chatStream('Hel', 'lo'))).streamChat(question)
    const first = await source[Symbol.asyncIterator]().next()
    expect(first.value).toMatchObject({ delta: 'Hel' })
    expect((await source.response()).text).toBe('Hello')
    expect((await source.response()).text).toBe('Hello')
  })

  it('may be asked for several at once', async () => {
    const source = (await open(chatStream('Hel', 'lo'))).streamChat(question)
    const iterator = source[Symbol.asyncIterator]()
    const results = await Promise.all(Array.from({ length: 5 }, () => iterator.next()))
    expect(results.map(({ done, value }) => (done ? 'done' : value?.type))).toEqual([
      'text',
      'text',
      'finish',
      'done',
      'done',
    ])
  })

  it('is read once', async () => {
    const source = (await open(chatStream('Hello'))).streamChat(question)
    await drain(source)
    expect(() => source[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }))
  })

  it('carries log-probabilities', async () => {
    const entry = (token: string, logprob: number): object => ({ token, logprob, bytes: [72], top_logprobs: [] })
    const { parts } = await read(
      stream(
        {
          choices: [
            {
              index: 0,
              delta: { content: 'H' },
              finish_reason: null,
              logprobs: {
                content: [{ ...entry('H', -0.5), top_logprobs: [{ token: 'H', logprob: -0.5, bytes: null }] }],
              },
            },
          ],
        },
        {
          choices: [
            { index: 0, delta: { content: 'i' }, finish_reason: 'stop', logprobs: { content: [entry('i', -1)] } },
          ],
        },
        '[DONE]',
      ),
    )
    const first = { token: 'H', logprob: -0.5, bytes: [72], top: [{ token: 'H', logprob: -0.5 }] }
    const second = { token: 'i', logprob: -1, bytes: [72], top: [] }
    expect(parts).toMatchObject([
      { delta: 'H', logprobs: [first] },
      { delta: 'i', logprobs: [second] },
      { response: { logprobs: [first, second] } },
    ])
  })

  it("carries a completion's log-probabilities", async () => {
    const llm = await open(
      stream({
        choices: [
          {
            text: 'Hi',
            index: 0,
            finish_reason: 'stop',
            logprobs: { tokens: ['H', 'i'], token_logprobs: [null, -2], top_logprobs: [null, { i: -2, o: -3 }] },
          },
        ],
      }),
    )
    const { logprobs } = await llm.streamComplete('Say', { raw: true, logprobs: 2 }).response()
    expect(logprobs).toEqual([
      { token: 'H', logprob: 0, top: [] },
      {
        token: 'i',
        logprob: -2,
        top: [
          { token: 'i', logprob: -2 },
          { token: 'o', logprob: -3 },
        ],
      },
    ])
  })
})

describe('the bytes of a stream', () => {
  const events = chatEvents('Hel', 'lo')
  const lines = (end: string): string =>
    events.map((data) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}${end}${end}`).join('')

  it.each([
    ['CRLF', lines('\r\n')],
    ['LF', lines('\n')],
    ['CR', lines('\r')],
    ['no blank at the colon', lines('\n').replaceAll('data: ', 'data:')],
    ['comments', lines('\r\n').replaceAll('data: ', ': ping - 2026-11-22 00:19:09.415867+00:00\r\n\r\ndata: ')],
    [
      'events without data',
      lines('\n').replaceAll('data: ', 'data:\n\nevent: ping\ndata: \n\nid: 1\nretry: 5\n\ndata: '),
    ],
    ['a byte order mark', `\uFEFF${lines('\n')}`],
    ['data over several lines', lines('\n').replaceAll(',"choices"', ',\ndata: "choices"')],
    ['no blank line at the end', lines('\n').trimEnd()],
  ])('may have %s', async (_name, bytes) => {
    const { parts, error } = await read(streamOf(bytes))
    expect(error).toBeUndefined()
    expect(parts.map(({ delta }) => delta)).toEqual(['Hel', 'lo', ''])
  })

  it('may come as JSON although a stream was asked for', async () => {
    const script = chatAnswer('Hello', { message: { role: 'assistant', content: 'Hello', reasoning_content: 'Hm' } })
    const { parts } = await read(script)
    expect(parts).toMatchObject([
      { type: 'reasoning', reasoningDelta: 'Hm' },
      { type: 'text', delta: 'Hello', text: 'Hello' },
      { type: 'finish', response: { text: 'Hello', usage: { outputTokens: 2 }, raw: { object: 'chat.completion' } } },
    ])
  })

  it('are known by their media type, however it is written', async () => {
    const [, ...rest] = chatStream('Hello')
    const { parts } = await read([{ write: streamHead.replace('text/event-stream', 'Text/Event-Stream') }, ...rest])
    expect(parts.at(-1)?.text).toBe('Hello')
  })
})

describe('a tolerant reading', () => {
  it('takes missing, null and empty choices, and unknown fields', async () => {
    const { parts, error } = await read(
      stream(
        {},
        { choices: null },
        { choices: [] },
        { choices: [null] },
        { choices: [{}] },
        { choices: [{ delta: null, finish_reason: '' }] },
        { choices: [{ delta: { content: 7, role: 'assistant' }, finish_reason: 'None' }], error: null, surprise: 1 },
        chatChunk({ content: 'a' }, 'stop'),
      ),
    )
    expect(error).toBeUndefined()
    expect(parts).toMatchObject([{ delta: 'a' }, { response: { finishReason: { unified: 'stop' } } }])
  })

  it('keeps a reason that it does not know', async () => {
    const { parts } = await read(stream(chatChunk({ content: 'a' }, 'solar_flare')))
    expect(parts.at(-1)).toMatchObject({ response: { finishReason: { unified: 'other', raw: 'solar_flare' } } })
  })
})

describe('the end of a stream', () => {
  const said = openStream(chatChunk({ role: 'assistant', content: null }), chatChunk({ content: 'Hel' }), {
    ...chatChunk({ content: 'lo' }),
    usage,
  })
  const partial = { text: 'Hello', usage: { inputTokens: 9, outputTokens: 2, totalTokens: 11 } }

  it('is complete with [DONE], or with a reason and the end of the body', async () => {
    expect(await read(stream(chatChunk({ content: 'Hi' }), '[DONE]'))).toMatchObject({ error: undefined })
    expect(await read(stream(chatChunk({ content: 'Hi' }, 'stop')))).toMatchObject({ error: undefined })
  })

  it.each([
    ['ends', [{ write: lastChunk }]],
    ['ends inside an event', [{ write: '8\r\ndata: {"\r\n' }, { write: lastChunk }]],
    ['breaks off inside a chunk', [{ write: '5f\r\ndata: {"cho' }, { end: 'close' }]],
    ['is reset', [{ end: 'reset' }]],
  ] as const)('is STREAM_TRUNCATED when the body %s before that', async (_name, end) => {
    const { parts, error } = await read([...said, ...end])
    expect(parts).toHaveLength(2)
    expect(error).toMatchObject({ code: 'STREAM_TRUNCATED', name: 'StreamTruncatedError', partial })
  })

  it('is complete when the connection is reset after [DONE]', async () => {
    const { parts, error } = await read([...openStream(...chatEvents('Hello')), { end: 'reset' }])
    expect(error).toBeUndefined()
    expect(parts.at(-1)).toMatchObject({ type: 'finish', text: 'Hello', response: { usage: { outputTokens: 2 } } })
  })

  it('is ABORTED when the caller ends it', async () => {
    const llm = await open([...said, { end: 'hang' }])
    const controller = new AbortController()
    const seen: string[] = []
    const failure = errorOf(
      (async () => {
        for await (const part of llm.streamChat(question, { signal: controller.signal })) {
          seen.push(part.delta)
          if (seen.length === 2) controller.abort(new Error('enough'))
        }
      })(),
    )
    expect(await failure).toMatchObject({ code: 'ABORTED', partial, cause: { message: 'enough' } })
  })

  it("is the server's error when it sends one", async () => {
    const { error } = await read([...said, ...stream({ error: 'CUDA out of memory' }).slice(1)])
    expect(error).toMatchObject({ code: 'SERVER_ERROR', partial })
    expect(error?.message).toContain('CUDA out of memory')
  })

  it.each(['{"choices": [', '[1', 'null', '"text"', '7'])('is MALFORMED_RESPONSE at the event %s', async (data) => {
    const { error } = await read([...said, ...stream(data, ...chatEvents('more')).slice(1)])
    expect(error).toMatchObject({ code: 'MALFORMED_RESPONSE', partial })
    expect(error?.message).toContain(JSON.stringify(data))
  })

  it('is MALFORMED_RESPONSE when the answer is another thing altogether', async () => {
    expect((await read(whole(200, 'text/plain', 'Bonjour'))).error).toMatchObject({
      code: 'MALFORMED_RESPONSE',
      message: expect.stringContaining('Bonjour'),
    })
    expect((await read(json(200, {}))).error).toMatchObject({ code: 'MALFORMED_RESPONSE' })
    expect((await read(json(200, '<XINFERENCE_NON_STREAMING_ABORT>'))).error).toMatchObject({
      code: 'MALFORMED_RESPONSE',
    })
  })

  it('closes the connection at an event that cannot be read', async () => {
    const server = await startXinference({ chat: [...openStream('no JSON'), { end: 'hang' }] })
    const { error } = await drain(connect(server).streamChat(question))
    expect(error).toMatchObject({ code: 'MALFORMED_RESPONSE' })
    // The connection of the model list is kept for the next call.
    await server.socketsOpen(1)
  })

  it('is thrown once, and by response() again', async () => {
    const source = (await open([...said, { end: 'close' }])).streamChat(question)
    const { error } = await drain(source)
    expect(error).toMatchObject({ code: 'STREAM_TRUNCATED' })
    expect(await errorOf(source.response())).toBe(error)
  })
})

describe('an error in a stream with status 200', () => {
  it('is a prompt above the window on literal text, and a reason kept from clients on a chat (server 4.1.0)', async () => {
    const llm = await open(streamOf(fixture('xinference-4.1.0-overflow-completion.sse')))
    const { error } = await drain(llm.streamComplete('red', { raw: true }))
    expect(error).toMatchObject({ code: 'CONTEXT_OVERFLOW', message: expect.stringContaining('801 tokens') })
    const chat = await read(streamOf(fixture('xinference-4.1.0-overflow-chat.sse')))
    expect(chat.error).toMatchObject({ code: 'SERVER_ERROR', isRetryable: false })
    expect(chat.error?.message).toContain('context window')
  })
})

describe('a stream that is never read', () => {
  it('sends nothing, and does not even load the model', async () => {
    const server = await startXinference()
    const llm = connect(server)
    llm.streamChat(question)
    llm.streamComplete('Hello')
    await llm.load()
    expect(server.requestsTo(chatRoute)).toHaveLength(0)
    expect(server.requests).toHaveLength(1)
  })
})
