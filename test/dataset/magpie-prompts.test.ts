/** What is sent for Magpie's turns, to the byte: one BOS token, no stray header, each family's stop strings. */
import { describe, expect, it } from 'vitest'

import {
  candidates,
  generateDataset,
  InferenceEndpointsLLM,
  type InferenceEndpointsOptions,
  magpieTask,
} from 'headrace'

import { VllmServer } from '../support/servers/vllm.js'
import { realRuntime } from '../support/xinference-server.js'
import { startTalker, talkerOn, turnsOf, writeTokenizer } from './magpie-support.js'
import { readLines, scratch } from './support.js'

/** As the families' own templates write it, without tools. */
const templates = {
  'Llama 3': {
    bos_token: '<|begin_of_text|>',
    chat_template:
      "{% for m in messages %}{% if loop.first %}{{ bos_token }}{% endif %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n{{ m['content'] | trim }}<|eot_id|>{% endfor %}{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}",
  },
  'Qwen2.5': {
    bos_token: null,
    chat_template:
      "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n{% endif %}{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
  },
  Mistral: {
    bos_token: '<s>',
    eos_token: '</s>',
    chat_template:
      "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}[INST] {{ m['content'] }}[/INST]{% else %} {{ m['content'] }}{{ eos_token }}{% endif %}{% endfor %}",
  },
  Gemma: {
    bos_token: '<bos>',
    chat_template:
      "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% for m in messages %}<start_of_turn>{{ 'model' if m['role'] == 'assistant' else m['role'] }}\n{{ m['content'] | trim }}<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}",
  },
  Vicuna: {
    bos_token: '<s>',
    eos_token: '</s>',
    chat_template:
      "{{ bos_token }}A chat.\n\n{% for m in messages %}{% if m['role'] == 'user' %}USER: {{ m['content'] }} ASSISTANT:{% else %} {{ m['content'] }}{{ eos_token }}{% endif %}{% endfor %}",
  },
} as const

const qwenSystem =
  '<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n'
const llama = (role: string, text: string): string => `<|start_header_id|>${role}<|end_header_id|>\n\n${text}`

/** The four prompts of two exchanges `said 0` to `said 3`, and the stop strings of the user's turns. */
const expected: Readonly<
  Record<keyof typeof templates, { prompts: readonly string[]; stop: readonly string[]; bos?: string }>
> = {
  'Llama 3': {
    prompts: [
      llama('user', ''),
      `${llama('user', 'said 0<|eot_id|>')}${llama('assistant', '')}`,
      `${llama('user', 'said 0<|eot_id|>')}${llama('assistant', 'said 1<|eot_id|>')}${llama('user', '')}`,
      `${llama('user', 'said 0<|eot_id|>')}${llama('assistant', 'said 1<|eot_id|>')}${llama('user', 'said 2<|eot_id|>')}${llama('assistant', '')}`,
    ],
    stop: ['<|eot_id|>', '<|start_header_id|>', '<|end_header_id|>'],
  },
  'Qwen2.5': {
    prompts: [
      '<|im_start|>user\n',
      '<|im_start|>user\nsaid 0<|im_end|>\n<|im_start|>assistant\n',
      '<|im_start|>user\nsaid 0<|im_end|>\n<|im_start|>assistant\nsaid 1<|im_end|>\n<|im_start|>user\n',
      '<|im_start|>user\nsaid 0<|im_end|>\n<|im_start|>assistant\nsaid 1<|im_end|>\n<|im_start|>user\nsaid 2<|im_end|>\n<|im_start|>assistant\n',
    ].map((text) => qwenSystem + text),
    stop: ['<|im_end|>', '<|im_start|>'],
  },
  Mistral: {
    prompts: [
      '[INST] ',
      '[INST] said 0[/INST]',
      '[INST] said 0[/INST] said 1</s>[INST] ',
      '[INST] said 0[/INST] said 1</s>[INST] said 2[/INST]',
    ],
    stop: ['[/INST]'],
  },
  Gemma: {
    prompts: [
      '<start_of_turn>user\n',
      '<start_of_turn>user\nsaid 0<end_of_turn>\n<start_of_turn>model\n',
      '<start_of_turn>user\nsaid 0<end_of_turn>\n<start_of_turn>model\nsaid 1<end_of_turn>\n<start_of_turn>user\n',
      '<start_of_turn>user\nsaid 0<end_of_turn>\n<start_of_turn>model\nsaid 1<end_of_turn>\n<start_of_turn>user\nsaid 2<end_of_turn>\n<start_of_turn>model\n',
    ],
    stop: ['<end_of_turn>', '<start_of_turn>'],
  },
  Vicuna: {
    prompts: [
      'A chat.\n\nUSER: ',
      'A chat.\n\nUSER: said 0 ASSISTANT:',
      'A chat.\n\nUSER: said 0 ASSISTANT: said 1</s>USER: ',
      'A chat.\n\nUSER: said 0 ASSISTANT: said 1</s>USER: said 2 ASSISTANT:',
    ],
    stop: ['ASSISTANT:'],
  },
}

const families = Object.keys(templates) as (keyof typeof templates)[]

describe('the prompts of a conversation', () => {
  it.each(families)('%s, on a server that adds the BOS token', async (family) => {
    const path = await scratch()
    const server = await startTalker((_turn, count) => ` said ${count}\n`)
    const tokenizerId = await writeTokenizer(path('tokenizer'), templates[family])
    await generateDataset({
      llm: talkerOn(server, { tokenizerId }),
      source: candidates(),
      task: magpieTask({ numRows: 1, nTurns: 2, systemPrompt: null }),
      sink: path('out.jsonl'),
      concurrency: 1,
    })
    const turns = turnsOf(server)
    const { prompts, stop } = expected[family]
    expect(turns.map(({ prompt }) => prompt)).toEqual(prompts)
    expect(turns.map((turn) => turn.stop)).toEqual([stop, [], stop, []])
    expect(new Set(turns.map(({ seed }) => seed)).size).toBe(4)
    expect(await readLines(path('out.jsonl'))).toMatchObject([
      {
        conversation: [
          { role: 'user', content: 'said 0' },
          { role: 'assistant', content: 'said 1' },
          { role: 'user', content: 'said 2' },
          { role: 'assistant', content: 'said 3' },
        ],
      },
    ])
  })

  it.each([
    ['llama3', 'Llama 3', ['<|eot_id|>', '<|start_header_id|>', '<|end_of_text|>', '<|end_header_id|>']],
    ['mistral', 'Mistral', ['[/INST]', '</s>', '[INST]', '<s>']],
    ['gemma', 'Gemma', ['<end_of_turn>', '<start_of_turn>', '<eos>', '<bos>']],
  ] as const)('the preset %s gives the same, with the stop strings that are known', async (preset, family, stop) => {
    const path = await scratch()
    const server = await startTalker((_turn, count) => `said ${count}`)
    const tokenizerId = await writeTokenizer(path('tokenizer'), templates[family])
    await generateDataset({
      llm: talkerOn(server, { tokenizerId, useMagpieTemplate: true, magpiePreQueryTemplate: preset }),
      source: candidates(),
      task: magpieTask({ numRows: 1, nTurns: 2, systemPrompt: null }),
      folder: path('run'),
      concurrency: 1,
    })
    const turns = turnsOf(server)
    expect(turns.map(({ prompt }) => prompt)).toEqual(expected[family].prompts)
    expect(turns[0]?.stop).toEqual(stop)
  })

  it('have one BOS token on a server that is told to add none', async () => {
    const path = await scratch()
    let count = 0
    const server = await VllmServer.start({ answer: () => [`said ${count++}`], bos: '<|begin_of_text|>' })
    const tokenizerId = await writeTokenizer(path('tokenizer'), templates['Llama 3'])
    const options: InferenceEndpointsOptions = { baseUrl: server.url, tokenizerId, wireMode: 'json' }
    await using llm = new InferenceEndpointsLLM(options, { runtime: realRuntime() })
    await generateDataset({
      llm,
      source: candidates(),
      task: magpieTask({ numRows: 1, nTurns: 2, systemPrompt: 'Be brief.' }),
      folder: path('run'),
      concurrency: 1,
    })
    const asked = server.requests.filter(({ path: route }) => route === '/v1/completions')
    expect(asked.map(({ body }) => String(body['prompt']).split('<|begin_of_text|>').length - 1)).toEqual([1, 1, 1, 1])
    expect(asked[0]?.body).toMatchObject({
      prompt: `<|begin_of_text|>${llama('system', 'Be brief.<|eot_id|>')}${llama('user', '')}`,
      add_special_tokens: false,
    })
    expect(server.bosCounts).toEqual([1, 1, 1, 1])
  })

  it('have the stop strings of the call before those of the turn, as many as the server takes', async () => {
    const path = await scratch()
    const server = await startTalker((_turn, count) => `said ${count}`)
    const tokenizerId = await writeTokenizer(path('tokenizer'), templates['Llama 3'])
    const summary = await generateDataset({
      llm: talkerOn(server, { tokenizerId }),
      source: candidates(),
      task: magpieTask({
        numRows: 1,
        instruction: { stop: ['\n', 'X'], temperature: 1.5 },
        response: { maxTokens: 7 },
      }),
      folder: path('run'),
    })
    expect(server.bodiesTo('POST /generate').map(({ parameters }) => parameters)).toMatchObject([
      { stop: ['\n', 'X', '<|eot_id|>', '<|start_header_id|>'], temperature: 1.5, max_new_tokens: 128 },
      { max_new_tokens: 7 },
    ])
    expect(summary.warnings).toBeUndefined()
  })
})
