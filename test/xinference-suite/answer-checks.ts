import { expect } from 'vitest'

import { anyNumber, anyText, events, json, text } from './answers.js'
import type { Check } from './check.js'
import { askText, exchange, type WireAnswer } from './exchange.js'
import { chat, complete } from './requests.js'
import type { Side } from './target.js'

const responseFormat = {
  type: 'json_schema',
  json_schema: { name: 'color', schema: { enum: ['red', 'blue'] } },
}
const bare = { completion_tokens: anyNumber, prompt_tokens: anyNumber, total_tokens: anyNumber }
const counted = { ...bare, prompt_tokens_details: { cached_tokens: anyNumber } }
const id = text(/^chatcmpl-/)
const identities = {
  xinference: { id, created: anyNumber, model: text(/^\//), system_fingerprint: 'b0-unknown' },
  serve: { id, created: anyNumber, model: 'demo', system_fingerprint: 'headrace' },
}
const timings = expect.objectContaining({ predicted_n: anyNumber }) as unknown
/** What is in the answers of one side alone. */
const sides = {
  xinference: { usage: counted, timings: { timings } },
  serve: { usage: bare, timings: {} },
} as const

const finishReason = text(/^(stop|length)$/)
const choice = {
  finish_reason: finishReason,
  index: 0,
  message: { role: 'assistant', content: anyText },
}
const token = { token: anyText, bytes: expect.any(Array) as unknown, logprob: anyNumber }
const logprobs = {
  xinference: { content: [{ id: anyNumber, ...token, top_logprobs: [{ id: anyNumber, ...token }] }] },
  serve: { content: [{ ...token, top_logprobs: [token] }] },
}

function wholeChat(side: Side, extra: object = {}): WireAnswer {
  const { usage, timings: measured } = sides[side]
  const choices = [{ ...choice, ...extra }]
  return json(200, { choices, ...identities[side], object: 'chat.completion', usage, ...measured })
}

function wholeText(side: Side): WireAnswer {
  const { usage, timings: measured } = sides[side]
  const choices = [{ text: anyText, index: 0, logprobs: null, finish_reason: finishReason }]
  return json(200, { choices, ...identities[side], object: 'text_completion', usage, ...measured })
}

const firstText = { xinference: null, serve: '' } as const

/** Role, a piece, the reason, the usage if it was asked for, the end. */
function chatStream(side: Side, includesUsage: boolean): WireAnswer {
  const { usage, timings: measured } = sides[side]
  const { system_fingerprint: fingerprint, ...named } = { ...identities[side], object: 'chat.completion.chunk' }
  const chunk = (delta: object, why: unknown = null): object => ({
    choices: [{ finish_reason: why, index: 0, delta }],
    ...named,
    system_fingerprint: fingerprint,
  })
  const last = chunk({ content: '' }, finishReason)
  const end = includesUsage ? [last, { ...named, choices: [], usage }] : [{ ...last, ...measured }]
  return events([chunk({ role: 'assistant', content: firstText[side] }), chunk({ content: anyText }), ...end, '[DONE]'])
}

/** A piece, and the reason with the usage; no `[DONE]`. */
function textStream(side: Side): WireAnswer {
  const { usage, timings: measured } = sides[side]
  const named = { ...identities[side], object: 'text_completion' }
  const chunk = (piece: unknown, why: unknown): object => ({
    choices: [{ text: piece, index: 0, logprobs: null, finish_reason: why }],
    ...named,
  })
  return events([chunk(anyText, null), { ...chunk('', finishReason), usage, ...measured }])
}

const both = <T>(answer: (side: Side) => T): Readonly<Record<Side, T>> => ({
  xinference: answer('xinference'),
  serve: answer('serve'),
})

/** Chats and literal text that are answered. */
export const answerChecks: readonly Check[] = [
  exchange('a chat', chat({ max_tokens: 20 }), { difference: 'answer', ...both((side) => wholeChat(side)) }),
  exchange('a chat with log-probabilities', chat({ max_tokens: 1, logprobs: true, top_logprobs: 1 }), {
    difference: 'tokenId',
    ...both((side) => wholeChat(side, { logprobs: logprobs[side] })),
  }),
  exchange('a chat, streamed', chat({ max_tokens: 1, stream: true }), {
    difference: 'answer',
    ...both((side) => chatStream(side, false)),
  }),
  exchange(
    'a chat, streamed with usage',
    chat({ max_tokens: 1, stream: true, stream_options: { include_usage: true } }),
    {
      difference: 'modelName',
      ...both((side) => chatStream(side, true)),
    },
  ),
  exchange('literal text', complete({ max_tokens: 3 }), { difference: 'answer', ...both(wholeText) }),
  exchange('literal text with echo, which is ignored', complete({ max_tokens: 3, echo: true }), {
    difference: 'answer',
    ...both(wholeText),
  }),
  exchange('literal text, streamed', complete({ max_tokens: 1, stream: true }), {
    difference: 'answer',
    ...both(textStream),
  }),
  {
    name: 'the bytes of a stream',
    run: async (target) => {
      const bytes = await askText(target, chat({ max_tokens: 1, stream: true })(target))
      return [bytes.slice(0, bytes.indexOf('"created": ')), bytes.slice(-20)]
    },
    difference: 'firstText',
    ...both((side) => [
      `data: {"choices": [{"finish_reason": null, "index": 0, "delta": {"role": "assistant", "content": ${JSON.stringify(firstText[side])}}}], `,
      '\r\n\r\ndata: [DONE]\r\n\r\n',
    ]),
  },
  exchange('a JSON schema', chat({ max_tokens: 30, response_format: responseFormat }), {
    difference: 'answer',
    ...both((side) =>
      wholeChat(side, {
        finish_reason: 'stop',
        message: { role: 'assistant', content: text(/^"(red|blue)"$/) },
      }),
    ),
  }),
]
