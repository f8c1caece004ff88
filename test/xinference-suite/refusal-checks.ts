import { expect } from 'vitest'

import { anyNumber, events, fromProcess, json, refusal, text, unreadable } from './answers.js'
import type { Check } from './check.js'
import { ask, exchange, type WireAnswer, type WireRequest } from './exchange.js'
import { type Ask, chat, complete, messages, post } from './requests.js'

const long = 'red green blue '.repeat(600)
const refused = 'The chat completion request failed. Check the server logs for details.'
const tooLong = /request \(\d+ tokens\) exceeds the available context size \(512 tokens\), try increasing it/

/** A chat that the engine refuses: told by `serve`, kept back by Xinference. */
function failing(name: string, body: object, reason: RegExp): readonly Check[] {
  return [
    exchange(`${name}, whole`, chat(body), {
      difference: 'reason',
      xinference: refusal(500, refused),
      serve: refusal(500, fromProcess(reason)),
    }),
    exchange(`${name}, streamed`, chat({ ...body, stream: true }), {
      difference: 'reason',
      xinference: events([{ error: refused }]),
      serve: events([{ error: fromProcess(reason) }]),
    }),
  ]
}

const issue = (model: string, ...lines: readonly string[]): { readonly expected: WireAnswer } => ({
  expected: unreadable(
    `Internal Server Error: ${lines.length} validation error${lines.length === 1 ? '' : 's'} for ${model}\n${lines.join('\n')}`,
  ),
})
const chatIssue = (...lines: readonly string[]): { readonly expected: WireAnswer } =>
  issue('CreateChatCompletion', ...lines)
const items = (type: string): { readonly expected: WireAnswer } => ({
  expected: unreadable(`Internal Server Error: '${type}' object has no attribute 'items'`),
})
const missing = (field: string): string => `${field}\n  field required (type=value_error.missing)`
const wrongFormat = (word: string): string =>
  `response_format -> type\n  unexpected value; permitted: '${word}' (type=value_error.const; given=xml; permitted=('${word}',))`
const chatRoute = '/v1/chat/completions'

/** Bodies that are wrong: most are a 500 in plain text. */
const unreadables: readonly Check[] = [
  exchange('an empty body', post(chatRoute, ''), {
    expected: unreadable('Internal Server Error: Expecting value: line 1 column 1 (char 0)'),
  }),
  exchange('half a body', post(chatRoute, '{"model": '), {
    difference: 'jsonError',
    xinference: unreadable('Internal Server Error: Expecting value: line 1 column 11 (char 10)'),
    serve: unreadable(text(/^Internal Server Error: \S/)),
  }),
  exchange('a list for a body', post(chatRoute, []), items('list')),
  exchange('null for a body', post(chatRoute, 'null'), items('NoneType')),
  exchange('text for a body', post('/v1/completions', '"x"'), items('str')),
  exchange('nothing in a body', post(chatRoute, {}), chatIssue(missing('messages'), missing('model'))),
  exchange(
    'messages that are text',
    chat({ messages: 'Hi' }),
    chatIssue('messages\n  value is not a valid list (type=type_error.list)'),
  ),
  exchange(
    'a temperature out of range',
    chat({ temperature: 3 }),
    chatIssue(
      'temperature\n  ensure this value is less than or equal to 2.0 (type=value_error.number.not_le; limit_value=2.0)',
    ),
  ),
  exchange(
    'a temperature of null',
    chat({ temperature: null }),
    chatIssue('temperature\n  none is not an allowed value (type=type_error.none.not_allowed)'),
  ),
  exchange(
    'no tokens at all',
    chat({ max_tokens: 0 }),
    chatIssue(
      'max_tokens\n  ensure this value is greater than or equal to 1 (type=value_error.number.not_ge; limit_value=1)',
    ),
  ),
  exchange(
    'a form of answer that is unknown',
    chat({ response_format: { type: 'xml' } }),
    chatIssue(
      wrongFormat('text'),
      wrongFormat('json_object'),
      missing('response_format -> json_schema'),
      wrongFormat('json_schema'),
    ),
  ),
  exchange(
    'a list of prompts',
    complete({ prompt: ['a'] }),
    issue('CreateCompletionRequest', 'prompt\n  str type expected (type=type_error.str)'),
  ),
  exchange('no messages', chat({ messages: [] }), {
    expected: refusal(400, 'Invalid input. Please specify the prompt.'),
  }),
  exchange('a bias of tokens', chat({ logit_bias: {} }), { expected: refusal(501, 'Not implemented') }),
]

const missingModel = fromProcess(/Model not found in the model list, uid: nobody-\d\. Available model uids: \[.*\]/)
const asMissing = (uid: string): WireRequest => post(chatRoute, { model: uid, messages })

/** What this model or this server cannot do. */
const impossible: readonly Check[] = [
  exchange('tools for a family without', chat({ tools: [{ type: 'function', function: { name: 'f' } }] }), {
    expected: refusal(400, text(/^Only \{.*'qwen3'.*\} support tool calls$/)),
  }),
  exchange('no tools for a family without', chat({ tools: [] }), {
    expected: refusal(400, text(/^Only \{.*\} support tool calls$/)),
  }),
  exchange('the answer of a tool for a family without', chat({ messages: [{ role: 'tool', content: '3' }] }), {
    expected: refusal(400, text(/^Only \{.*\} support tool messages$/)),
  }),
  exchange('a chat of a model that is not there', asMissing('nobody-1'), { expected: refusal(404, missingModel) }),
  exchange('the same again', asMissing('nobody-1'), {
    expected: refusal(404, 'Model not found in the model list, uid: nobody-1 (cached, retry after 10.0s)'),
  }),
  exchange('a stream of a model that is not there', post(chatRoute, { model: 'nobody-2', messages, stream: true }), {
    expected: refusal(404, missingModel),
  }),
  exchange('literal text of a model that is not there', post('/v1/completions', { model: 'nobody-3', prompt: 'a' }), {
    expected: refusal(404, missingModel),
  }),
  exchange('vectors of a model that is not there', post('/v1/embeddings', { model: 'nobody-4', input: 'a' }), {
    expected: refusal(404, missingModel),
  }),
  exchange('vectors', ({ modelUid }) => post('/v1/embeddings', { model: modelUid, input: 'a' }), {
    expected: refusal(500, fromProcess(/Model .* is not for creating embedding\./)),
  }),
  exchange('vectors of nothing', ({ modelUid }) => post('/v1/embeddings', { model: modelUid }), {
    ...issue('CreateEmbeddingRequest', missing('input')),
  }),
  exchange('an order', ({ modelUid }) => post('/v1/rerank', { model: modelUid, query: 'a', documents: ['b'] }), {
    expected: refusal(500, fromProcess(/Model .* is not for reranking\./)),
  }),
  exchange('an order of nothing', ({ modelUid }) => post('/v1/rerank', { model: modelUid }), {
    ...issue('RerankRequest', missing('query'), missing('documents')),
  }),
  exchange('literal text above the window, whole', complete({ prompt: long }), {
    expected: refusal(500, fromProcess(tooLong)),
  }),
  exchange('literal text above the window, streamed', complete({ prompt: long, stream: true }), {
    expected: events([{ error: fromProcess(tooLong) }]),
  }),
  ...failing('a chat above the window', { messages: [{ role: 'user', content: long }] }, tooLong),
  ...failing('a message without content', { messages: [{ role: 'user' }] }, /Expected 'content'.*/),
  ...failing('no tools of a kind', { tools: null }, /'NoneType' object is not iterable/),
  ...failing('other tokens without log-probabilities', { top_logprobs: 2 }, /top_logprobs requires logprobs.*/),
  ...failing('variables of the template that are no JSON', { chat_template_kwargs: '{' }, /`chat_template_kwargs`.*/),
]

const busyText = fromProcess(/Rate limit reached for the model\. Request limit \d for the model: .*/)
const busyStream = text(/^429: \[address=.*\] Rate limit reached for the model\. Request limit \d for the model: .*$/)
const toLimited =
  (request: Ask): Ask =>
  (target) => {
    const { body, ...rest } = request(target)
    return { ...rest, body: { ...(body as object), model: target.limitedUid } }
  }
const busy = (name: string, request: Ask, expected: WireAnswer): Check => ({
  name: `${name} of a model that is busy`,
  run: (target) => target.whileBusy(() => ask(target, toLimited(request)(target))),
  expected,
})

const atTheLimit: readonly Check[] = [
  busy('a chat', chat({ max_tokens: 2 }), refusal(429, 'Rate limit reached')),
  busy('a stream', chat({ max_tokens: 2, stream: true }), events([{ error: 'Rate limit reached' }])),
  busy('literal text', complete({ max_tokens: 2 }), refusal(429, busyText)),
  busy('a stream of literal text', complete({ max_tokens: 2, stream: true }), events([{ error: busyStream }])),
  exchange('the events of failures', ({ limitedUid }) => ({ path: `/v1/models/${limitedUid}/events` }), {
    expected: json(
      200,
      expect.arrayContaining([{ event_type: 'ERROR', event_ts: anyNumber, event_content: busyText }]),
    ),
  }),
]

/** What goes wrong with chats and literal text. */
export const refusalChecks: readonly Check[] = [...unreadables, ...impossible, ...atTheLimit]
