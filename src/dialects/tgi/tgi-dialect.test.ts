import { describe, expect, it } from 'vitest'

import type { AnswerSink, CanonicalRequest } from '../../contract/engine.js'
import { TgiDialect } from './tgi-dialect.js'

const dialect = new TgiDialect()

/** What a dialect reports, in its order. */
function listen(): { readonly sink: AnswerSink; readonly said: unknown[] } {
  const said: unknown[] = []
  const get = (_: object, name: string) => {
    return (...values: unknown[]): void => {
      if (name !== 'raw') said.push([name, ...values])
    }
  }
  return { sink: new Proxy({}, { get }) as AnswerSink, said }
}

function readStream(kind: CanonicalRequest['kind'], events: readonly string[], request?: CanonicalRequest): unknown[] {
  const { sink, said } = listen()
  const reader = dialect.createStreamReader(kind, request && { request, headers: {} })
  for (const event of events) reader.event(event, sink)
  said.push(['isComplete', reader.end(sink)])
  return said
}

const token = (text: string): string => JSON.stringify({ token: { id: 1, text, logprob: -1, special: false } })

describe('a whole answer', () => {
  it('may be in a list, and come without details', () => {
    const { sink, said } = listen()
    dialect.read([{ generated_text: ' Oslo' }], 'completion', sink)
    expect(said).toEqual([['text', ' Oslo', undefined]])
  })

  it.each([undefined, null, [], { generated_text: null }, 'x'])('is malformed when it is %j', (answer) => {
    expect(() => dialect.read(answer, 'completion', listen().sink)).toThrow('has no generated_text')
  })

  it('is read again without the headers that came with it', () => {
    const { sink, said } = listen()
    const details = { finish_reason: 'length', generated_tokens: 2, seed: 1, tokens: [] }
    dialect.read({ generated_text: 'Hi', details }, 'completion', sink)
    expect(said).toContainEqual(['usage', { inputTokens: undefined, outputTokens: 2, totalTokens: undefined }])
  })
})

describe('a stream', () => {
  it('of a server before 2.3 has no length of the prompt', () => {
    const end = {
      token: { id: 2, text: '</s>', logprob: 0, special: true },
      generated_text: 'Hi',
      details: { finish_reason: 'eos_token', generated_tokens: 2, seed: 1 },
    }
    expect(readStream('completion', [token('Hi'), JSON.stringify(end)])).toEqual([
      ['text', 'Hi', undefined],
      ['usage', { inputTokens: undefined, outputTokens: 2, totalTokens: undefined }],
      ['finish', { unified: 'stop', raw: 'eos_token' }],
      ['isComplete', true],
    ])
  })

  it('that ends without its last event is not complete', () => {
    expect(readStream('completion', [token('Hi')]).at(-1)).toEqual(['isComplete', false])
    expect(readStream('completion', [])).toEqual([['isComplete', false]])
  })

  it('that ends in the middle of thinking has said it', () => {
    const request: CanonicalRequest = {
      kind: 'completion',
      messages: undefined,
      prompt: '[user] Hi [assistant]',
      rendered: { bos: undefined },
      options: {},
      constraint: undefined,
      stream: true,
    }
    expect(readStream('completion', [token('<think>'), token('hm </thi')], request)).toEqual([
      ['reasoning', 'hm'],
      ['reasoning', ' </thi'],
      ['isComplete', false],
    ])
  })

  it('of a chat before 3.2 has each tool call alone', () => {
    const event = (text: string): string =>
      JSON.stringify({
        object: 'chat.completion.chunk',
        choices: [
          {
            index: 0,
            delta: {
              role: 'assistant',
              tool_calls: { index: 0, id: '', type: 'function', function: { name: 'add', arguments: text } },
            },
            finish_reason: null,
          },
        ],
      })
    const said = readStream('chat', [event('{"a":'), event('1}'), '[DONE]'])
    const calls = said.filter((each) => (each as unknown[])[0] === 'toolCall')
    expect(calls.map((call) => (call as unknown[]).at(-1)).join('')).toBe('{"a":1}')
  })

  it.each([
    ['completion', { error: 'Model is overloaded', error_type: 'overloaded' }, 'RATE_LIMITED'],
    ['completion', { error: 'Request failed during generation', error_type: 'generation' }, 'SERVER_ERROR'],
    ['completion', { error: 'Input validation error: `stop`', error_type: 'validation' }, 'INVALID_REQUEST'],
    ['completion', { error: 'Incomplete generation', error_type: 'incomplete_generation' }, 'SERVER_ERROR'],
    ['chat', { error: { message: 'Input validation error', http_status_code: 422 } }, 'INVALID_REQUEST'],
    ['chat', { error: 'Model is overloaded', error_type: 'overloaded' }, 'RATE_LIMITED'],
    ['chat', { error: 'Request failed during generation', error_type: 'generation' }, 'SERVER_ERROR'],
  ] as const)('of a %s fails with %j', (kind, event, code) => {
    expect(() => readStream(kind, [JSON.stringify(event)])).toThrow(expect.objectContaining({ code }) as Error)
  })

  it.each(['{', '5', 'null'])('is malformed when an event is %s', (event) => {
    expect(() => readStream('completion', [event])).toThrow(
      expect.objectContaining({ code: 'MALFORMED_RESPONSE' }) as Error,
    )
  })
})
