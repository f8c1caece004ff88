/**
 * Whatever a server, a template's author or a user writes, a parser gives a value or an error of the family, and ends. Ten thousand
 * inputs a parser in all; `HEADRACE_LONG=1` makes it a million.
 */
import { isDeepStrictEqual } from 'node:util'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseLLMSpec } from '../../src/cli/llm-spec.js'
import type { Dialect } from '../../src/contract/dialect.js'
import type { AnswerSink, CanonicalRequest } from '../../src/contract/engine.js'
import { HfRouterDialect } from '../../src/dialects/hf-router/hf-router-dialect.js'
import { LlamaCppPythonDialect } from '../../src/dialects/llama-cpp-python/llama-cpp-python-dialect.js'
import { LlamaServerDialect } from '../../src/dialects/llama-server/llama-server-dialect.js'
import { OpenAIDialect } from '../../src/dialects/openai/openai-dialect.js'
import { SglangDialect } from '../../src/dialects/sglang/sglang-dialect.js'
import { TgiDialect } from '../../src/dialects/tgi/tgi-dialect.js'
import { TransformersDialect } from '../../src/dialects/transformers/transformers-dialect.js'
import { VllmDialect } from '../../src/dialects/vllm/vllm-dialect.js'
import { isHeadraceError } from '../../src/errors/headrace-error.js'
import { ChatTemplate } from '../../src/template/chat-template.js'
import { parseJson } from '../../src/transport/parse-json.js'
import { parseRetryAfter } from '../../src/transport/retry-after.js'
import { SseDecoder } from '../../src/transport/sse-decoder.js'

const isLong = process.env['HEADRACE_LONG'] === '1'
const numRuns = isLong ? 1_000_000 : 10_000
const timeout = isLong ? 3_600_000 : 60_000
/** A run that was found to fail is run again with `HEADRACE_SEED`, which the failure prints. */
const seed = process.env['HEADRACE_SEED']

function holds<T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => void, share = 1): void {
  fc.assert(fc.property(arbitrary, property), {
    numRuns: Math.ceil(numRuns * share),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
  })
}

/** @returns what it gave; `undefined` where it failed as it may. @throws anything else that it threw. */
function valueOf<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    if (!isHeadraceError(error) || error.message.trim() === '') throw error
    return undefined
  }
}

/** Text that is made of what means something, and of anything. */
function textOf(...words: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...words) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
  )
  return fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''))
}

describe('server-sent events', () => {
  const stream = textOf(
    'data: ',
    'data:',
    'event: x\n',
    'id: 1\n',
    ': ping\n',
    '\n',
    '\r\n',
    '\r',
    '\n\n',
    '[DONE]',
    '{"a":1}',
    'ü',
    '🌍',
    '\uFEFF',
  )
  const dataOf = (chunks: readonly Uint8Array[]): readonly string[] => {
    const data: string[] = []
    const decoder = new SseDecoder((each) => data.push(each))
    for (const chunk of chunks) decoder.push(chunk)
    decoder.end()
    return data
  }

  it('are the same however they are cut', { timeout }, () => {
    holds(fc.tuple(stream, fc.array(fc.nat(), { maxLength: 5 })), ([text, cuts]) => {
      const bytes = Buffer.from(text)
      const places = [
        0,
        ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((one, other) => one - other),
        bytes.length,
      ]
      const chunks = places.slice(1).map((place, index) => bytes.subarray(places[index], place))
      expect(isDeepStrictEqual(dataOf(chunks), dataOf([bytes]))).toBe(true)
    })
  })

  it('may be any bytes', { timeout }, () => {
    holds(fc.uint8Array({ maxLength: 60 }), (bytes) => void dataOf([bytes]))
  })
})

describe('JSON', () => {
  it('is read or is MALFORMED_RESPONSE', { timeout }, () => {
    holds(textOf('{', '}', '[', ']', '"', ':', ',', 'null', '1e5', '-', '\\u', '\\', 'true', ' '), (text) => {
      const value = valueOf(() => parseJson(text, 'http://server'))
      if (value !== undefined) expect(isDeepStrictEqual(value, JSON.parse(text))).toBe(true)
    })
  })
})

describe('Retry-After', () => {
  it('is a time that is finite and not negative, or nothing', { timeout }, () => {
    const words = [
      '0',
      '5',
      '-1',
      '1.5',
      '1e9',
      'Fri, ',
      '31 Dec ',
      '1999 ',
      '2050 ',
      '23:59:59 ',
      'GMT',
      ',',
      ' ',
      'Infinity',
      'NaN',
      '99999999999999999999',
    ]
    holds(fc.tuple(textOf(...words), fc.nat()), ([text, now]) => {
      const waitMs = parseRetryAfter(text, now)
      if (waitMs !== undefined) expect(Number.isFinite(waitMs) && waitMs >= 0).toBe(true)
    })
  })
})

describe('--llm', () => {
  it('is one of its forms or INVALID_OPTION', { timeout }, () => {
    const words = [
      'xinference',
      '+https',
      'http',
      's',
      '://',
      ':',
      '/',
      'hf',
      'hf-endpoint',
      'gguf',
      '127.0.0.1',
      '[::1]',
      ':9997',
      'user:secret@',
      '%2F',
      '%',
      '?a=b',
      '#x',
      '~',
      '..',
      'org/model',
      ' ',
    ]
    holds(textOf(...words), (text) => {
      const spec = valueOf(() => parseLLMSpec(text))
      const address = spec?.kind === 'url' ? spec.baseUrl : spec?.kind === 'xinference' ? spec.endpoint : undefined
      expect(address ?? '').not.toMatch(/\/\/[^/]*@/)
    })
  })
})

describe('a chat template', () => {
  const words = [
    '{{',
    '}}',
    '{%',
    '%}',
    '{#',
    '#}',
    ' if ',
    ' endif ',
    ' for m in messages ',
    ' endfor ',
    'messages',
    '[0]',
    '.content',
    "['role']",
    ' set x = ',
    ' + ',
    '|trim',
    '|tojson',
    "'a'",
    '1',
    '(',
    ')',
    'raise_exception("no")',
    '-',
    '\n',
    ' is defined',
    ' not ',
    ' in ',
    ':',
    ',',
  ]

  it('is rendered or refused', { timeout }, () => {
    holds(
      fc.tuple(textOf(...words), textOf('<|im_end|>', 'x', '\u0000', '{{', '}}')),
      ([source, content]) => {
        const template = new ChatTemplate(source, { eos_token: '</s>' })
        const messages = [{ role: 'user' as const, content }]
        const text = valueOf(() => template.render({ messages }))
        const segments = valueOf(() => template.renderSegments({ messages }).segments)
        if (segments !== undefined) expect(segments.map(({ text: each }) => each).join('')).toBe(text)
      },
      0.2,
    )
  })
})

const dialects: readonly (readonly [string, Dialect])[] = [
  ['OpenAI', new OpenAIDialect({ model: 'm' })],
  ["Hugging Face's router", new HfRouterDialect({ model: 'org/m' })],
  ['TGI', new TgiDialect()],
  ['vLLM', new VllmDialect({ model: 'm' })],
  ['SGLang', new SglangDialect({ model: 'm' })],
  ['llama-server', new LlamaServerDialect()],
  ['llama-cpp-python', new LlamaCppPythonDialect({ model: 'm' })],
  ['transformers serve', new TransformersDialect({ model: 'm' })],
]

/** Objects with the names that servers use, and anything at all in them. */
const answer = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.constantFrom(
      '',
      'text',
      'stop',
      'length',
      'tool_calls',
      0,
      1,
      -1,
      1.5,
      1e99,
      null,
      true,
      '[DONE]',
      '<think>',
      '</think>',
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        'choices',
        'delta',
        'message',
        'content',
        'text',
        'finish_reason',
        'index',
        'usage',
        'prompt_tokens',
        'completion_tokens',
        'logprobs',
        'tokens',
        'top_logprobs',
        'token',
        'logprob',
        'tool_calls',
        'function',
        'name',
        'arguments',
        'id',
        'error',
        'message',
        'error_type',
        'generated_text',
        'details',
        'generated_tokens',
        'special',
        'meta_info',
        'output_ids',
        'reasoning_content',
        'type',
        'code',
        'object',
        'model',
        'timings',
        'stop_reason',
        'detail',
      ),
      tie('value'),
      { maxKeys: 5 },
    ),
  ),
})).value

const sink: AnswerSink = {
  sent: () => undefined,
  activity: () => undefined,
  text: (delta) => expect(delta).toBeTypeOf('string'),
  reasoning: (delta) => expect(delta).toBeTypeOf('string'),
  revise: () => undefined,
  toolCall: (index) => expect(index).toBeTypeOf('number'),
  finish: () => undefined,
  usage: () => undefined,
  model: (name) => expect(name).toBeTypeOf('string'),
  raw: () => undefined,
  warn: () => undefined,
  end: () => undefined,
}

function request(kind: CanonicalRequest['kind']): CanonicalRequest {
  return {
    kind,
    messages: kind === 'chat' ? [{ role: 'user', content: 'Hi' }] : undefined,
    prompt: kind === 'completion' ? 'Hi' : undefined,
    rendered: undefined,
    options: { stop: ['END'], logprobs: 2 },
    constraint: undefined,
    stream: true,
  }
}

describe.each(dialects)('an answer of %s', (_name, dialect) => {
  const kinds = fc.constantFrom<CanonicalRequest['kind']>('chat', 'completion')

  it('may be any JSON', { timeout }, () => {
    holds(
      fc.tuple(answer, kinds),
      ([value, kind]) => valueOf(() => dialect.read(value, kind, sink, { request: request(kind), headers: {} })),
      1 / dialects.length,
    )
  })

  it('may be any events', { timeout }, () => {
    const event = fc.oneof(
      answer.map((value) => JSON.stringify(value)),
      fc.constantFrom('[DONE]', '', 'x'),
    )
    holds(
      fc.tuple(fc.array(event, { maxLength: 4 }), kinds),
      ([events, kind]) => {
        const reader = dialect.createStreamReader(kind, { request: request(kind), headers: {} })
        valueOf(() => {
          for (const each of events) reader.event(each, sink)
        })
        expect(reader.end(sink)).toBeTypeOf('boolean')
      },
      1 / dialects.length,
    )
  })

  it('may be any error', { timeout }, () => {
    const body = fc.oneof(
      answer.map((value) => JSON.stringify(value)),
      fc.string({ unit: 'binary', maxLength: 30 }),
    )
    holds(
      fc.tuple(body, fc.integer({ min: 400, max: 599 })),
      ([text, status]) => {
        const error = dialect.readError({ status, headers: {}, body: text, retryAfterMs: undefined })
        expect(isHeadraceError(error)).toBe(true)
        expect(error.message).toMatch(/\S/)
      },
      1 / dialects.length,
    )
  })
})
