import { afterEach, describe, expect, it } from 'vitest'

import { InvalidOutputError } from '../../errors/invalid-output-error.js'
import { ModelLoadingError } from '../../errors/model-loading-error.js'
import { RateLimitError } from '../../errors/rate-limit-error.js'
import { type LLMServer, serve } from '../index.js'
import type { ServeOptions } from '../serve-options.js'
import { createGate, openSocket, post, ScriptedModel, send, type Step } from '../../../test/support/scripted-model.js'

let server: LLMServer

afterEach(() => server.close())

const chatBody = { model: 'demo', messages: [{ role: 'user', content: 'Hi' }], stream: true }
const completionBody = { model: 'demo', prompt: 'Once', stream: true }

async function start(model: ScriptedModel, options: ServeOptions = {}): Promise<void> {
  server = await serve(model, { port: 0, drainMs: 0, ...options })
}

/** The events of a stream, without what differs from run to run. */
async function stream(path: string, body: unknown): Promise<string> {
  const { status, text } = await send(server.port, 'POST', path, body)
  expect(status).toBe(200)
  return normalize(text)
}

function normalize(text: string): string {
  return text
    .replaceAll(/chatcmpl-[0-9a-f-]{36}/g, 'ID')
    .replaceAll(/"created": \d{10}/g, '"created": 1')
    .replaceAll(/\[address=127\.0\.0\.1:\d+, pid=\d+\]/g, '[A]')
}

const chat = (body: object = {}): Promise<string> => stream('/v1/chat/completions', { ...chatBody, ...body })
const completion = (body: object = {}): Promise<string> => stream('/v1/completions', { ...completionBody, ...body })

function chunk(delta: string, finishReason = 'null', rest = ''): string {
  return `data: {"choices": [{"finish_reason": ${finishReason}, "index": 0, "delta": ${delta}${rest}}], "created": 1, "id": "ID", "model": "demo", "system_fingerprint": "headrace", "object": "chat.completion.chunk"}\r\n\r\n`
}

function textChunk(text: string, finishReason = 'null', usage = ''): string {
  return `data: {"choices": [{"text": ${text}, "index": 0, "logprobs": null, "finish_reason": ${finishReason}}], "created": 1, "model": "demo", "system_fingerprint": "headrace", "object": "text_completion"${usage}, "id": "ID"}\r\n\r\n`
}

const role = chunk('{"role": "assistant", "content": ""}')
const stop = chunk('{"content": ""}', '"stop"')
const done = 'data: [DONE]\r\n\r\n'

describe('a chat stream', () => {
  it('has the headers of sse-starlette', async () => {
    await start(new ScriptedModel())
    const { headers } = await send(server.port, 'POST', '/v1/chat/completions', chatBody)
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'transfer-encoding': 'chunked',
    })
  })

  it('has its status before the model says anything', async () => {
    const gate = createGate()
    await start(new ScriptedModel([gate.passed, 'Hi']))
    const client = await openSocket(server.port, post('/v1/chat/completions', chatBody))
    await client.until('HTTP/1.1 200 OK')
    gate.open()
    await client.until('[DONE]')
    client.socket.destroy()
  })

  it('sends role, text, reason and [DONE]', async () => {
    await start(new ScriptedModel(['Hel', 'lo ☀\n']))
    expect(await chat()).toBe(role + chunk('{"content": "Hel"}') + chunk('{"content": "lo ☀\\n"}') + stop + done)
  })

  it('is framed in chunks of one event each', async () => {
    await start(new ScriptedModel(['Hi']))
    const client = await openSocket(server.port, post('/v1/chat/completions', chatBody, 'Connection: close\r\n'))
    await client.closed
    const [head = '', ...body] = client.received().split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(body.join('\r\n\r\n')).toMatch(/^[0-9a-f]+\r\ndata: \{.*\}\r\n\r\n\r\n[0-9a-f]+\r\ndata: /)
    expect(client.received()).toMatch(/\r\n10\r\ndata: \[DONE\]\r\n\r\n\r\n0\r\n\r\n$/)
  })

  it('sends the usage in a chunk without choices, if it is asked for', async () => {
    await start(new ScriptedModel(['Hi']))
    const usage =
      'data: {"id": "ID", "model": "demo", "created": 1, "object": "chat.completion.chunk", "choices": [], "usage": {"completion_tokens": 2, "prompt_tokens": 9, "total_tokens": 11}}\r\n\r\n'
    expect(await chat({ stream_options: { include_usage: true } })).toBe(
      role + chunk('{"content": "Hi"}') + stop + usage + done,
    )
  })

  it('sends role and reason of an empty answer', async () => {
    await start(new ScriptedModel([], { finishReason: { unified: 'length', raw: undefined } }))
    expect(await chat()).toBe(role + chunk('{"content": ""}', '"length"') + done)
  })

  it('sends reasoning on its own channel', async () => {
    const thinking: Step = { type: 'reasoning', reasoningDelta: 'Hm', reasoning: 'Hm' }
    await start(new ScriptedModel([thinking, 'Hi']))
    expect(await chat()).toBe(role + chunk('{"reasoning_content": "Hm"}') + chunk('{"content": "Hi"}') + stop + done)
  })

  it('names a tool call once and then sends pieces of its arguments', async () => {
    const finishReason = { unified: 'tool-calls', raw: undefined } as const
    const call = { type: 'tool-call', index: 0, id: 'call_1', name: 'add' } as const
    const steps: Step[] = [
      { ...call, argumentsDelta: '' },
      { ...call, argumentsDelta: '{"a":1}' },
    ]
    await start(new ScriptedModel(steps, { finishReason }, { isFunctionCallingModel: true }))
    expect(await chat({ tools: [{ type: 'function', function: { name: 'add' } }] })).toBe(
      role +
        chunk(
          '{"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": {"name": "add", "arguments": ""}}]}',
        ) +
        chunk('{"tool_calls": [{"index": 0, "function": {"arguments": "{\\"a\\":1}"}}]}') +
        chunk('{"content": ""}', '"tool_calls"') +
        done,
    )
  })

  it('sends log-probabilities beside the delta', async () => {
    const top = [{ token: 'Hé', logprob: -0.5 }]
    await start(new ScriptedModel([{ type: 'text', delta: 'Hé', logprobs: [{ token: 'Hé', logprob: -0.5, top }] }]))
    const token = '"token": "Hé", "bytes": [72, 195, 169], "logprob": -0.5'
    const logprobs = `, "logprobs": {"content": [{${token}, "top_logprobs": [{${token}}]}]}`
    expect(await chat({ logprobs: true, top_logprobs: 1 })).toBe(
      role + chunk('{"content": "Hé"}', 'null', logprobs) + stop + done,
    )
  })

  it('ends as cut when the answer is not the JSON that was asked for', async () => {
    const error = new InvalidOutputError('The answer is not JSON.', { issues: [] })
    error.partial = { text: '{"a', reasoning: undefined, usage: undefined }
    await start(new ScriptedModel(['{"a', error]))
    expect(await chat()).toBe(role + chunk('{"content": "{\\"a"}') + chunk('{"content": ""}', '"length"') + done)
  })
})

describe('an error in a stream', () => {
  it('is one event with a string in ASCII, and the end', async () => {
    await start(new ScriptedModel(['Hi', new Error('CUDA out of memory ☀')]))
    expect(await chat()).toBe(
      role + chunk('{"content": "Hi"}') + 'data: {"error": "[A] CUDA out of memory \\u2600"}\r\n\r\n',
    )
  })

  it('is all there is when the model fails at once', async () => {
    await start(new ScriptedModel([new Error('no')]))
    expect(await chat()).toBe('data: {"error": "[A] no"}\r\n\r\n')
    expect(await completion()).toBe('data: {"error": "[A] no"}\r\n\r\n')
  })

  it('carries the status that it would have been, but for a busy chat', async () => {
    await start(new ScriptedModel([new RateLimitError('Request limit 1 for the model: demo')]))
    expect(await completion()).toBe(
      'data: {"error": "429: [A] Rate limit reached for the model. Request limit 1 for the model: demo"}\r\n\r\n',
    )
    expect(await chat()).toBe('data: {"error": "Rate limit reached"}\r\n\r\n')
    await server.close()
    await start(new ScriptedModel([new ModelLoadingError('demo')]))
    expect(await chat()).toBe('data: {"error": "503: Model is loading, please retry later: demo"}\r\n\r\n')
  })

  it('comes for a request that the engine cannot read, too', async () => {
    await start(new ScriptedModel())
    expect(await chat({ messages: [{ content: 'Hi' }] })).toContain(`data: {"error": "[A] Missing 'role' in message`)
  })
})

describe('a completion stream', () => {
  it('has the usage in its last chunk and no [DONE]', async () => {
    await start(new ScriptedModel(['Once', ' upon']))
    const usage = ', "usage": {"completion_tokens": 2, "prompt_tokens": 9, "total_tokens": 11}'
    expect(await completion()).toBe(textChunk('"Once"') + textChunk('" upon"') + textChunk('""', '"stop"', usage))
  })
})

describe('pings', () => {
  it('are comment lines with the time', async () => {
    const gate = createGate()
    await start(new ScriptedModel([gate.passed, 'Hi']), { pingIntervalMs: 5 })
    const client = await openSocket(server.port, post('/v1/chat/completions', chatBody, 'Connection: close\r\n'))
    await client.until(': ping')
    gate.open()
    await client.closed
    expect(client.received()).toMatch(/\r\n: ping - \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00:00\r\n\r\n\r\n/)
    expect(client.received()).toContain(done)
  })
})

describe('a client that does not read', () => {
  it('holds the model up, and its going aborts the generation', async () => {
    const model = new ScriptedModel(function* () {
      for (;;) yield 'x'.repeat(100_000)
    })
    await start(model)
    const client = await openSocket(server.port)
    client.socket.pause()
    client.socket.write(post('/v1/chat/completions', chatBody))
    await model.asked
    let taken = -1
    while (taken !== model.taken) {
      taken = model.taken
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(taken).toBeLessThan(1000)
    client.socket.destroy()
    await model.aborted
  })
})
