/** The same conversation, options and seed give the same text on every way to the same model. */
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type CallOptions, type ChatMessage, InferenceEndpointsLLM, Xinference } from '../../src/index.js'
import { LlamaCpp } from '../../src/llama-cpp/index.js'
import { createServer, type LLMServer } from '../../src/serve/index.js'
import { realRuntime } from '../support/xinference-server.js'

const folder = fileURLToPath(new URL('../../models/demo', import.meta.url))
const model = new LlamaCpp({ modelPath: `${folder}/demo.gguf`, contextWindow: 512 })
const runtime = realRuntime()

const conversation: readonly ChatMessage[] = [
  { role: 'user', content: 'Tell me a story about a fox.' },
  { role: 'assistant', content: 'Once there was a grey fox.' },
  { role: 'user', content: 'Tell me a story about a cat.' },
]
/** As likely as not to sample another text with another seed. */
const options: CallOptions = { temperature: 1, topP: 0.9, seed: 7, maxTokens: 40 }

let asXinference: LLMServer
let asTgi: LLMServer

beforeAll(async () => {
  const serve = { llm: model, modelUid: 'demo', port: 0, drainMs: 0 } as const
  asXinference = await createServer(serve)
  asTgi = await createServer({ ...serve, as: 'tgi' })
})

afterAll(async () => {
  await Promise.all([asXinference.close(), asTgi.close()])
  await model.unload()
})

describe.each(['json', 'stream'] as const)('as %s', (wireMode) => {
  it.each([
    ['Xinference', 'chat', () => new Xinference({ endpoint: asXinference.url, modelUid: 'demo' }, { runtime })],
    [
      'InferenceEndpointsLLM, conversations',
      'chat',
      () => new InferenceEndpointsLLM({ baseUrl: asTgi.url }, { runtime }),
    ],
    [
      'InferenceEndpointsLLM, rendered',
      'completion',
      () => new InferenceEndpointsLLM({ baseUrl: asTgi.url, tokenizerId: folder }, { runtime }),
    ],
  ] as const)('%s says what LlamaCpp says', async (_name, route, open) => {
    const llm = open()
    const one = await model.chat(conversation, options)
    const answer = await llm.chat(conversation, { ...options, wireMode })
    expect([answer.route, answer.text]).toEqual([route, one.text])
    const other = await model.chat(conversation, { ...options, seed: 8 })
    expect(other.text).not.toBe(one.text)
    expect((await llm.chat(conversation, { ...options, wireMode, seed: 8 })).text).toBe(other.text)
    await llm.unload()
  })
})
