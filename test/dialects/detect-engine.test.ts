import { describe, expect, it } from 'vitest'

import { createDialect } from '../../src/dialects/create-dialect.js'
import { detectEngine } from '../../src/dialects/detect-engine.js'
import type { Probe, ProbeAnswer } from '../../src/dialects/engine-facts.js'
import { engineOfImage } from '../../src/dialects/engine-of-image.js'
import { errorOf } from '../support/outcome-of.js'
import { connectDialect, probeOf } from '../support/servers/connect-dialect.js'
import { LlamaServer } from '../support/servers/llama-server.js'
import { OpenAIServer } from '../support/servers/openai.js'
import { RouterServer } from '../support/servers/router.js'
import { SglangServer } from '../support/servers/sglang.js'
import { TgiServer } from '../support/servers/tgi.js'
import { VllmServer } from '../support/servers/vllm.js'

/** A server with these pages and no others. */
function pages(answers: Readonly<Record<string, unknown>>, headers: ProbeAnswer['headers'] = {}): Probe {
  return async (path) =>
    Object.hasOwn(answers, path) ? { status: 200, json: answers[path], headers } : { status: 404, text: '', headers }
}

const listOf = (...data: readonly object[]): object => ({ object: 'list', data })

describe('a server that is asked', () => {
  it.each([
    [
      'tgi',
      () => TgiServer.start({ info: { model_pipeline_tag: 'image-text-to-text', max_stop_sequences: 6 } }),
      {
        version: '3.3.6',
        contextWindow: 1024,
        limits: { maxStopSequences: 6, maxInputTokens: 1023, maxTotalTokens: 1024, maxConcurrentRequests: 128 },
        vision: true,
        model: 'org/model',
      },
    ],
    [
      'vllm',
      () => VllmServer.start({ version: '0.11.2', maxModelLen: 4096 }),
      { version: '0.11.2', contextWindow: 4096, model: 'org/served' },
    ],
    [
      'sglang',
      () => SglangServer.start({ isDeterministic: true, streamsPieces: true }),
      { version: '0.5.6', model: 'org/served', isDeterministic: true, streamsPieces: true },
    ],
    [
      'llama-server',
      () => LlamaServer.start({ slots: 3, contextSize: 2048 }),
      { slots: 3, contextWindow: 2048, vision: false, model: 'model.gguf' },
    ],
    ['hf-router', () => RouterServer.start(), {}],
  ] as const)('is known to be %s, with three requests at most', async (engine, start, facts) => {
    const server = await start()
    const probe = probeOf(server)
    const detected = await detectEngine(probe)
    expect(detected).toMatchObject({ engine, ...facts, warnings: [] })
    expect(detected.evidence.length).toBeGreaterThan(0)
    expect(probe.paths.length).toBeLessThanOrEqual(3)
  })

  it.each([
    ['tgi', () => TgiServer.start()],
    ['vllm', () => VllmServer.start()],
    ['sglang', () => SglangServer.start()],
    ['llama-server', () => LlamaServer.start()],
    ['openai', () => OpenAIServer.start()],
  ] as const)('can then be talked to: %s', async (engine, start) => {
    const server = await start()
    const facts = await detectEngine(probeOf(server))
    expect(facts.engine).toBe(engine)
    const llm = connectDialect(createDialect(facts), server)
    expect(await llm.chat([{ role: 'user', content: 'Hello' }])).toMatchObject({ text: 'Hello' })
    expect(await llm.complete('x', { raw: true })).toMatchObject({ text: 'Hello' })
  })

  it('is taken for one of OpenAI with a warning when nothing tells', async () => {
    const server = await OpenAIServer.start()
    const probe = probeOf(server)
    expect(await detectEngine(probe)).toMatchObject({
      engine: 'openai',
      model: 'some-model',
      warnings: [{ code: 'engine-unknown' }],
    })
    expect(probe.paths).toEqual(['/v1/models', '/info', '/props'])
  })

  it('is asked for its limits alone when its engine is known', async () => {
    const tgi = await TgiServer.start()
    const probe = probeOf(tgi)
    expect(await detectEngine(probe, 'tgi')).toMatchObject({ engine: 'tgi', limits: { maxStopSequences: 4 } })
    expect(probe.paths).toEqual(['/v1/models', '/info'])
    const hidden = pages({})
    expect(await detectEngine(hidden, 'vllm')).toEqual({ engine: 'vllm', evidence: [], warnings: [] })
  })

  it('must show its models to the key, and must be ready', async () => {
    const closed = await VllmServer.start({ apiKey: 'right-key' })
    expect(await errorOf(detectEngine(probeOf(closed, 'wrong-key')))).toMatchObject({ code: 'AUTHENTICATION_FAILED' })
    expect(await detectEngine(probeOf(closed, 'right-key'))).toMatchObject({ engine: 'vllm' })
    const loading = await LlamaServer.start({ isLoading: true })
    expect(await errorOf(detectEngine(probeOf(loading)))).toMatchObject({ code: 'MODEL_LOADING', isRetryable: true })
  })
})

describe('pages', () => {
  it.each([
    [
      'TGI before 2.1',
      { '/info': { model_id: 'm', max_input_length: 1023, max_total_tokens: 2048 } },
      { engine: 'tgi', limits: { maxInputTokens: 1023 } },
    ],
    [
      'SGLang without the list',
      { '/get_model_info': { model_path: 'org/m', is_generation: true } },
      { engine: 'sglang', model: 'org/m' },
    ],
    [
      "a relative of llama.cpp's",
      {
        '/v1/models': listOf({ id: 'm', owned_by: 'me' }),
        '/props': { default_generation_settings: { n_ctx: 512 }, total_slots: 1 },
      },
      { engine: 'llama-server', contextWindow: 512, slots: 1, model: 'm' },
    ],
    ['Xinference', { '/v1/models': listOf({ id: 'm', owned_by: 'xinference' }) }, { engine: 'xinference' }],
    ['an empty list', { '/v1/models': listOf() }, { engine: 'openai', models: [] }],
  ])('of %s', async (_what, answers, expected) => {
    expect(await detectEngine(pages(answers))).toMatchObject(expected)
  })

  it('by a header alone', async () => {
    const probe = pages({ '/v1/models': listOf({ id: 'm' }) }, { server: 'llama.cpp' })
    expect(await detectEngine(probe)).toMatchObject({ engine: 'llama-server' })
  })

  it('of servers that make no text are refused by name', async () => {
    const tei = {
      model_id: 'm',
      model_type: { embedding: {} },
      max_batch_tokens: 1,
      max_input_length: 512,
      tokenization_workers: 2,
    }
    const error = await errorOf(detectEngine(pages({ '/info': tei })))
    expect(error).toMatchObject({ code: 'WRONG_SERVER' })
    expect(error.message).toContain('Text Embeddings Inference')
    const embedder = pages({ '/get_model_info': { is_generation: false } })
    expect(await errorOf(detectEngine(embedder))).toMatchObject({ code: 'WRONG_SERVER' })
  })

  it('of something else, or none', async () => {
    expect(await errorOf(detectEngine(pages({ '/info': { name: 'a blog' } })))).toMatchObject({ code: 'WRONG_SERVER' })
    expect(await errorOf(detectEngine(async () => undefined))).toMatchObject({ code: 'CONNECTION_FAILED' })
  })
})

it.each([
  ['tgi', 'tgi'],
  ['tgiNeuron', 'tgi'],
  ['vLLM', 'vllm'],
  ['vLLMNeuron', 'vllm'],
  ['sGLang', 'sglang'],
  ['llamacpp', 'llama-server'],
  ['hfServe', undefined],
  ['huggingface', undefined],
  ['custom', undefined],
  ['somethingNew', undefined],
  [undefined, undefined],
])('the image %s says %s', (image, engine) => {
  expect(engineOfImage(image)).toMatchObject({
    engine,
    warnings: engine === undefined ? [{ code: 'engine-not-stated' }] : [],
  })
})

it('refuses the image of TEI, and Xinference, which has its own class', () => {
  expect(() => engineOfImage('tei')).toThrow('Text Embeddings Inference')
  expect(() => createDialect({ engine: 'xinference' })).toThrow('class Xinference')
})
