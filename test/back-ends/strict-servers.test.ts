/** The servers of the suite: they know nothing of what they test, refuse what the real ones refuse, and ignore what those ignore. */
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

import type { EngineServer, Json } from '../support/servers/engine-server.js'
import { LlamaServer } from '../support/servers/llama-server.js'
import { OpenAIServer } from '../support/servers/openai.js'
import { RouterServer } from '../support/servers/router.js'
import { SglangServer } from '../support/servers/sglang.js'
import { TgiServer } from '../support/servers/tgi.js'
import { VllmServer } from '../support/servers/vllm.js'
import { XinferenceServer } from '../support/servers/xinference.js'
import { schema } from './option-cases.js'

const folder = fileURLToPath(new URL('../support/servers/', import.meta.url))

/** What a file imports of this repository, and what that imports. */
async function importsOf(file: string, seen: Set<string> = new Set<string>()): Promise<ReadonlySet<string>> {
  if (seen.has(file)) return seen
  seen.add(file)
  const source = await readFile(file, 'utf8')
  for (const [, path = ''] of source.matchAll(/from '(\.[^']+)'/g)) {
    await importsOf(resolve(dirname(file), path.replace(/\.js$/, '.ts')), seen)
  }
  return seen
}

it('import nothing of the sources', async () => {
  // What connects a dialect to a server is no server.
  const files = (await readdir(folder)).filter((name) => name !== 'connect-dialect.ts')
  expect(files.length).toBeGreaterThan(8)
  for (const file of files) {
    const imported = [...(await importsOf(join(folder, file)))]
    expect(imported.filter((path) => path.includes('/src/'))).toEqual([])
  }
})

async function post(server: EngineServer, path: string, body: Json): Promise<number> {
  const headers = { 'content-type': 'application/json', authorization: 'Bearer hf_token' }
  const response = await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  await response.text()
  return response.status
}

const messages = [{ role: 'user', content: 'Hi' }]
const chat = '/v1/chat/completions'
const stops = ['1', '2', '3', '4', '5']
const openAIFormat = { type: 'json_schema', json_schema: { name: 'output', schema } }

const refused: readonly (readonly [string, () => Promise<EngineServer>, string, number, readonly Json[]])[] = [
  [
    'TGI',
    () => TgiServer.start(),
    '/generate',
    422,
    [
      { inputs: 'x', parameters: { top_p: 1 } },
      { inputs: 'x', parameters: { top_p: 0 } },
      { inputs: 'x', parameters: { typical_p: 1 } },
      { inputs: 'x', parameters: { temperature: 0 } },
      { inputs: 'x', parameters: { top_k: 0 } },
      { inputs: 'x', parameters: { max_new_tokens: 0 } },
      { inputs: 'x', parameters: { stop: stops } },
      { inputs: 'x', parameters: { stop: 'x' } },
      { inputs: 'x', parameters: { stop: null } },
      { inputs: 'x', parameters: { do_sample: null } },
      { inputs: 'x', parameters: { details: null } },
      { inputs: 'x', parameters: { watermark: null } },
      { inputs: 'x', parameters: { top_n_tokens: 6 } },
      { inputs: 'x', parameters: { best_of: 2, seed: 1 } },
      { inputs: 'x', parameters: { grammar: { type: 'json', value: { type: 'array' } } } },
      { inputs: '' },
      { prompt: 'x' },
    ],
  ],
  [
    'TGI',
    () => TgiServer.start(),
    chat,
    422,
    [
      { messages, top_p: 1 },
      { messages, stop: 'x' },
      { messages, stop: stops },
      { messages, stream: null },
      { messages, stream_options: null },
      { messages, logit_bias: { '5': 1 } },
      { messages, response_format: openAIFormat },
      { messages, tools: [], response_format: { type: 'json', value: schema } },
      { messages, top_logprobs: 6 },
    ],
  ],
  [
    'vLLM',
    () => VllmServer.start(),
    chat,
    400,
    [
      { model: 'org/served', messages, top_p: 0 },
      { model: 'org/served', messages, top_k: -2 },
      { model: 'org/served', messages, top_logprobs: 2 },
      { model: 'org/served', messages, stream_options: { include_usage: true } },
      { model: 'org/served', messages, structured_outputs: { regex: 'a', choice: ['a'] } },
      { model: 'org/served', messages, continue_final_message: true },
    ],
  ],
  ['vLLM', () => VllmServer.start(), chat, 404, [{ model: 'org/other', messages }]],
  ['vLLM 0.8', () => VllmServer.start({ version: '0.8.5' }), chat, 400, [{ model: 'org/served', messages, top_k: 0 }]],
  [
    'SGLang',
    () => SglangServer.start(),
    '/generate',
    400,
    [
      { inputs: 'x' },
      { text: 'x', sampling_params: { top_k: 0 } },
      { text: 'x', sampling_params: { top_p: 0 } },
      { text: 'x', sampling_params: { json_schema: schema } },
      { text: 'x', sampling_params: { regex: 'a', ebnf: 'root ::= "a"' } },
    ],
  ],
  [
    'llama-server',
    () => LlamaServer.start(),
    '/completion',
    400,
    [{ inputs: 'x' }, { prompt: 'x', stop: 'x' }, { prompt: 'x', json_schema: schema, grammar: 'root ::= "a"' }],
  ],
  [
    'the router',
    () => RouterServer.start(),
    chat,
    400,
    [
      { messages, model: 'org/model' },
      { model: 'org/other', messages },
    ],
  ],
  [
    "OpenAI's protocol",
    () => OpenAIServer.start(),
    chat,
    400,
    [
      { model: 'some-model', messages, top_k: 1 },
      { model: 'some-model', messages, seed: null },
      {
        model: 'some-model',
        messages,
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'o', strict: true, schema: { type: 'object', properties: {} } },
        },
      },
    ],
  ],
  [
    'Xinference',
    () => XinferenceServer.start(),
    chat,
    500,
    [
      { model: 'my-qwen', messages, temperature: null },
      { model: 'my-qwen', messages, stream: null },
      { model: 'my-qwen', messages, top_p: 1.5 },
      { model: 'my-qwen', messages, max_tokens: 0 },
      { messages },
    ],
  ],
  ['Xinference', () => XinferenceServer.start(), chat, 404, [{ model: 'other', messages }]],
  ['Xinference', () => XinferenceServer.start(), chat, 501, [{ model: 'my-qwen', messages, logit_bias: {} }]],
]

describe.each(refused)('%s', (_name, start, path, status, bodies) => {
  it.each(bodies)(`refuses ${path} %j with ${status}`, async (body) => {
    expect(await post(await start(), path, body)).toBe(status)
  })
})

describe('what is ignored without a word', () => {
  it('is every unknown field of TGI', async () => {
    const server = await TgiServer.start()
    expect(await post(server, '/generate', { inputs: 'x', parameters: { min_p: 0.1, stop_token_ids: [1] } })).toBe(200)
    expect(await post(server, chat, { messages, top_k: 4, chat_template_kwargs: {}, model: 'other' })).toBe(200)
  })

  it('are the guided fields of vLLM since 0.12, and so the text is not constrained', async () => {
    for (const [version, constraints] of [
      ['0.10.2', { regex: 'a+' }],
      ['0.12.0', {}],
    ] as const) {
      const server = await VllmServer.start({ version })
      expect(await post(server, chat, { model: 'org/served', messages, guided_regex: 'a+' })).toBe(200)
      expect(server.constraints).toEqual([constraints])
    }
  })

  it('is a seed of SGLang that is not deterministic', async () => {
    const server = await SglangServer.start()
    expect(await post(server, chat, { messages, seed: 3 })).toBe(200)
    expect(server.seeds).toEqual([undefined])
  })

  it('is the choice of one tool by llama-server', async () => {
    const server = await LlamaServer.start()
    const choice = { type: 'function', function: { name: 'f' } }
    expect(await post(server, chat, { messages, tools: [], tool_choice: choice })).toBe(200)
    expect(server.toolChoices).toEqual(['auto'])
  })

  it('are the fields that the HTTP layer of Xinference does not read', async () => {
    const server = await XinferenceServer.start({ engine: 'vLLM' })
    expect(await post(server, chat, { model: 'my-qwen', messages, min_p: 0.1, n: 2, guided_regex: 'a' })).toBe(200)
    expect(server.kept).toEqual([{ model: 'my-qwen', messages, guided_regex: 'a' }])
  })
})
