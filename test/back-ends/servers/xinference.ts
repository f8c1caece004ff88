import { onTestFinished } from 'vitest'

import { Xinference } from '../../../src/index.js'
import { Refusal } from '../../support/servers/engine-server.js'
import { XinferenceServer } from '../../support/servers/xinference.js'
import { realRuntime } from '../../support/xinference-server.js'
import type { EngineName } from '../../support/xinference-profiles/profile.js'
import {
  addressOf,
  type BackEnd,
  defaultAnswer,
  forms,
  inWords,
  noOutputs,
  type OptionForms,
  type OutputForms,
  type Sent,
} from '../back-end.js'
import { schema } from '../option-cases.js'
import { jsonSchemaFormat, openAIChatOptions, openAIOptions } from './openai-forms.js'

const detail = (status: number, text: string, headers: Readonly<Record<string, string>> = {}): Refusal =>
  new Refusal(status, { detail: text }, headers)

/** What the HTTP layer hands on, whatever the engine. */
const shared: Partial<OptionForms> = {
  ...openAIOptions,
  topK: { top_k: 7 },
  repetitionPenalty: { repetition_penalty: 1.5 },
  stopTokenIds: { stop_token_ids: [2] },
}
const sharedChat: Partial<OptionForms> = {
  ...openAIChatOptions,
  reasoning: { enable_thinking: false },
  chatTemplateKwargs: { chat_template_kwargs: { style: 'brief' } },
}

/** What an engine behind it ignores or fails on. */
const refused: Readonly<Record<EngineName, Partial<OptionForms>>> = {
  'llama.cpp': { repetitionPenalty: 'refused' },
  vLLM: { toolChoice: 'refused' },
  Transformers: {
    frequencyPenalty: 'refused',
    presencePenalty: 'refused',
    seed: 'refused',
    logprobs: 'refused',
    toolChoice: 'refused',
  },
  SGLang: { seed: 'refused', toolChoice: 'refused' },
  MLX: {
    frequencyPenalty: 'refused',
    presencePenalty: 'refused',
    seed: 'refused',
    stop: 'refused',
    logprobs: 'refused',
    toolChoice: 'refused',
  },
}

const guided: OutputForms = {
  json: { guided_json: schema },
  regex: { guided_regex: '[0-9]{4}' },
  choice: { guided_choice: ['red', 'blue'] },
  grammar: { guided_grammar: 'root ::= "yes" | "no"' },
}
const jsonOnly: OutputForms = { ...inWords, json: jsonSchemaFormat }
const outputs: Readonly<Record<EngineName, { readonly chat: OutputForms; readonly completion: OutputForms }>> = {
  'llama.cpp': { chat: jsonOnly, completion: noOutputs },
  vLLM: { chat: { ...guided, json: jsonSchemaFormat }, completion: guided },
  Transformers: { chat: inWords, completion: noOutputs },
  SGLang: { chat: jsonOnly, completion: noOutputs },
  MLX: { chat: inWords, completion: noOutputs },
}

const greedy: Sent = { temperature: 0 }
const hidden = detail(500, 'The chat completion request failed. Check the server logs for details.')

function xinference(engine: EngineName): BackEnd {
  return {
    name: `Xinference 4.1, ${engine}`,
    className: Xinference.className,
    async open(setup = {}) {
      const { answer = defaultAnswer, serverKey, apiKey = serverKey, unsupportedOptions, runtime } = setup
      const server = await XinferenceServer.start({
        engine,
        answer,
        ...(serverKey === undefined ? {} : { apiKey: serverKey }),
      })
      const llm = new Xinference(
        {
          endpoint: addressOf(server, setup),
          modelUid: 'my-qwen',
          ...(apiKey === undefined ? {} : { apiKey }),
          ...(unsupportedOptions === undefined ? {} : { unsupportedOptions }),
        },
        { runtime: runtime ?? realRuntime() },
      )
      onTestFinished(() => llm.unload())
      return { server, llm }
    },
    metadata: {
      contextWindow: 32_768,
      contextWindowSource: 'registered',
      isChatModel: true,
      isFunctionCallingModel: true,
      isVisionModel: false,
    },
    paths: { chat: '/v1/chat/completions', completion: { json: '/v1/completions', stream: '/v1/completions' } },
    options: {
      chat: forms(shared, { ...sharedChat, ...refused[engine] }),
      completion: forms(shared, { logprobs: { logprobs: 2 }, ...refused[engine] }),
    },
    outputs: outputs[engine],
    edges: [
      ['chat', 'topP', 1, { top_p: 1 }],
      ['chat', 'topK', 0, { top_k: 0 }],
      ['chat', 'temperature', 0, greedy],
      ['completion', 'temperature', 0, greedy],
    ],
    batchWire: 'stream',
    prefill: {},
    otherModel: 'MODEL_NOT_FOUND',
    failures: [
      {
        what: 'a prompt that is too long',
        refusal: detail(500, 'request (801 tokens) exceeds the available context size (512 tokens)'),
        code: 'CONTEXT_OVERFLOW',
        outcome: 'fails',
      },
      {
        what: 'a request that is refused',
        refusal: detail(400, 'Invalid input. Please specify the prompt.'),
        code: 'INVALID_REQUEST',
        outcome: 'fails',
      },
      {
        what: 'the limit of the model',
        refusal: detail(429, 'Rate limit reached'),
        code: 'RATE_LIMITED',
        outcome: 'retried',
      },
      {
        what: 'a process that died',
        refusal: detail(500, 'Remote server 127.0.0.1:41233 closed'),
        code: 'SERVER_ERROR',
        outcome: 'retried',
      },
      {
        what: 'a model that loads',
        refusal: detail(
          503,
          'Model is loading, please retry later: Model my-qwen is launching, not yet ready for inference',
          { 'retry-after': '30' },
        ),
        code: 'MODEL_LOADING',
        outcome: 'waited',
      },
      // Whatever it was would happen again.
      { what: 'a failure of the engine', refusal: hidden, code: 'SERVER_ERROR', outcome: 'fails' },
    ],
    failure: { refusal: hidden, status: undefined },
  }
}

export const xinferenceServers: readonly BackEnd[] = (
  ['llama.cpp', 'vLLM', 'Transformers', 'SGLang', 'MLX'] as const
).map(xinference)
