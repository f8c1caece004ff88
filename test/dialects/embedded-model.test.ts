/** A real model's text, with its odd tokens and characters, through each server's own framing. */
import { afterAll, expect, it } from 'vitest'

import type { Dialect } from '../../src/contract/dialect.js'
import { LlamaServerDialect } from '../../src/dialects/llama-server/llama-server-dialect.js'
import { SglangDialect } from '../../src/dialects/sglang/sglang-dialect.js'
import { TgiDialect } from '../../src/dialects/tgi/tgi-dialect.js'
import { VllmDialect } from '../../src/dialects/vllm/vllm-dialect.js'
import { LlamaCpp } from '../../src/llama-cpp/index.js'
import { connectDialect } from '../support/servers/connect-dialect.js'
import type { EngineServer, EngineServerOptions } from '../support/servers/engine-server.js'
import { LlamaServer } from '../support/servers/llama-server.js'
import { SglangServer } from '../support/servers/sglang.js'
import { TgiServer } from '../support/servers/tgi.js'
import { VllmServer } from '../support/servers/vllm.js'

const model = new LlamaCpp({ modelPath: 'models/demo/demo.gguf' })
afterAll(() => model.unload())

async function* tokensOf(prompt: string): AsyncGenerator<string, void, undefined> {
  for await (const { delta } of model.streamComplete(prompt, { raw: true, temperature: 0, maxTokens: 24 })) {
    if (delta !== '') yield delta
  }
}

const answer: EngineServerOptions['answer'] = ({ prompt }) => ({ tokens: tokensOf(prompt) })

const engines: readonly (readonly [string, () => Promise<EngineServer>, Dialect])[] = [
  ['TGI', () => TgiServer.start({ answer }), new TgiDialect()],
  ['vLLM', () => VllmServer.start({ answer }), new VllmDialect({ model: 'org/served' })],
  ['SGLang', () => SglangServer.start({ answer }), new SglangDialect({ model: 'org/served' })],
  ['llama-server', () => LlamaServer.start({ answer }), new LlamaServerDialect()],
]

it.each(engines)('%s says what the model says, whole and streamed', async (_name, start, dialect) => {
  const prompt = 'The capital of Norway is'
  const { text } = await model.complete(prompt, { raw: true, temperature: 0, maxTokens: 24 })
  expect(text).not.toBe('')
  const llm = connectDialect(dialect, await start())
  for (const wireMode of ['json', 'stream'] as const) {
    expect((await llm.complete(prompt, { raw: true, wireMode, maxTokens: 64 })).text).toBe(text)
  }
})
