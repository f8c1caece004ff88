/** However the network cuts a stream of any of the dialects, it says the same; cut short, it never passes for whole. */
import { expect, it } from 'vitest'

import type { AnswerSink, CanonicalRequest } from '../../src/contract/engine.js'
import type { Dialect } from '../../src/contract/dialect.js'
import { HfRouterDialect } from '../../src/dialects/hf-router/hf-router-dialect.js'
import { LlamaServerDialect } from '../../src/dialects/llama-server/llama-server-dialect.js'
import { OpenAIDialect } from '../../src/dialects/openai/openai-dialect.js'
import { SglangDialect } from '../../src/dialects/sglang/sglang-dialect.js'
import { TgiDialect } from '../../src/dialects/tgi/tgi-dialect.js'
import { VllmDialect } from '../../src/dialects/vllm/vllm-dialect.js'
import { SseDecoder } from '../../src/transport/sse-decoder.js'
import type { Answer, EngineServer } from '../support/servers/engine-server.js'
import { LlamaServer } from '../support/servers/llama-server.js'
import { OpenAIServer } from '../support/servers/openai.js'
import { RouterServer } from '../support/servers/router.js'
import { SglangServer } from '../support/servers/sglang.js'
import { TgiServer } from '../support/servers/tgi.js'
import { VllmServer } from '../support/servers/vllm.js'

const answer: Answer = () => ['Héllo 🌍', '\n', '世', '界\nQ', ':', 'never']
const options = { stop: ['\nQ:'], maxTokens: 20, logprobs: 1 } as const

function request(kind: CanonicalRequest['kind']): CanonicalRequest {
  return {
    kind,
    messages: kind === 'chat' ? [{ role: 'user', content: 'Hi' }] : undefined,
    prompt: kind === 'completion' ? 'Hi' : undefined,
    rendered: undefined,
    options,
    constraint: undefined,
    stream: true,
  }
}

/** The bytes of the stream that a server sends. */
async function bytesOf(server: EngineServer, dialect: Dialect, kind: CanonicalRequest['kind']): Promise<Buffer> {
  const { path, body } = dialect.compile(request(kind))
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer hf_token' },
    body: JSON.stringify(body),
  })
  expect(response.status).toBe(200)
  return Buffer.from(await response.arrayBuffer())
}

interface Reading {
  readonly text: string
  readonly tokens: number
  readonly said: string
  readonly isComplete: boolean
}

/** What a dialect makes of chunks. */
function read(dialect: Dialect, kind: CanonicalRequest['kind'], chunks: readonly Uint8Array[]): Reading {
  let text = ''
  let tokens = 0
  const others: unknown[] = []
  const note =
    (name: string) =>
    (...values: unknown[]): unknown =>
      others.push([name, ...values])
  const sink: AnswerSink = {
    text: (delta, logprobs) => {
      text += delta
      tokens += logprobs?.length ?? 0
    },
    revise: (revised) => (text = revised),
    sent: note('sent'),
    activity: note('activity'),
    reasoning: note('reasoning'),
    toolCall: note('toolCall'),
    finish: note('finish'),
    usage: note('usage'),
    model: note('model'),
    raw: () => undefined,
    warn: note('warn'),
    end: note('end'),
  }
  const reader = dialect.createStreamReader(kind, { request: request(kind), headers: {} })
  const decoder = new SseDecoder((data) => reader.event(data, sink))
  for (const chunk of chunks) decoder.push(chunk)
  try {
    decoder.end()
  } catch {
    // The last event was cut.
  }
  const isComplete = reader.end(sink)
  return { text, tokens, said: JSON.stringify(others), isComplete }
}

const model = 'org/served'
const cases = [
  ['TGI', 'completion', () => TgiServer.start({ answer }), new TgiDialect()],
  ['TGI', 'chat', () => TgiServer.start({ answer }), new TgiDialect()],
  ['vLLM', 'completion', () => VllmServer.start({ answer }), new VllmDialect({ model })],
  ['vLLM', 'chat', () => VllmServer.start({ answer }), new VllmDialect({ model })],
  ['SGLang', 'completion', () => SglangServer.start({ answer }), new SglangDialect({ model })],
  ['SGLang', 'chat', () => SglangServer.start({ answer }), new SglangDialect({ model })],
  ['llama-server', 'completion', () => LlamaServer.start({ answer }), new LlamaServerDialect()],
  ['llama-server', 'chat', () => LlamaServer.start({ answer }), new LlamaServerDialect()],
  ['the router', 'chat', () => RouterServer.start({ answer }), new HfRouterDialect({ model: 'org/model' })],
  ['OpenAI', 'completion', () => OpenAIServer.start({ answer }), new OpenAIDialect({ model: 'some-model' })],
] as const

it.each(cases)('%s, %s: the same however it is cut', async (_name, kind, start, dialect) => {
  const bytes = await bytesOf(await start(), dialect, kind)
  const whole = read(dialect, kind, [bytes])
  expect(whole).toMatchObject({ text: 'Héllo 🌍\n世界', isComplete: true })
  expect(whole.tokens).toBeGreaterThan(0)
  for (let position = 1; position < bytes.length; position++) {
    const cut = read(dialect, kind, [bytes.subarray(0, position), bytes.subarray(position)])
    if (JSON.stringify(cut) !== JSON.stringify(whole)) expect({ position, cut }).toEqual({ position, cut: whole })
  }
  const everyByte = Array.from({ length: bytes.length }, (_, index) => bytes.subarray(index, index + 1))
  expect(read(dialect, kind, everyByte)).toEqual(whole)
})

it.each(cases)(
  '%s, %s: cut short, the beginning of the same, and not complete',
  async (_name, kind, start, dialect) => {
    const bytes = await bytesOf(await start(), dialect, kind)
    let isComplete = false
    for (let length = 0; length <= bytes.length; length++) {
      const cut = read(dialect, kind, [bytes.subarray(0, length)])
      isComplete ||= cut.isComplete
      expect(cut.isComplete).toBe(isComplete)
      // Without its end, what looks like the beginning of a stop string is text.
      if (!`Héllo 🌍\n世界\nQ`.startsWith(cut.text))
        expect({ length, text: cut.text }).toBe('a beginning of the answer')
      if (isComplete) expect(cut.text).toBe('Héllo 🌍\n世界')
    }
    expect(isComplete).toBe(true)
  },
)
