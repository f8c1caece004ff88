import { Refusal } from '../../support/servers/engine-server.js'
import { LlamaServer } from '../../support/servers/llama-server.js'
import { addressOf, type BackEnd, defaultAnswer, forms, type OptionForms } from '../back-end.js'
import { schema } from '../option-cases.js'
import { connect } from './connect.js'
import { jsonSchemaFormat, openAIChatOptions, templateOptions } from './openai-forms.js'

const refusal = (code: number, message: string, type: string): Refusal =>
  new Refusal(code, { error: { code, message, type } })

const shared: Partial<OptionForms> = {
  temperature: { temperature: 0.5 },
  topP: { top_p: 0.5 },
  topK: { top_k: 7 },
  minP: { min_p: 0.25 },
  typicalP: { typical_p: 0.5 },
  repetitionPenalty: { repeat_penalty: 1.5 },
  frequencyPenalty: { frequency_penalty: 0.5 },
  presencePenalty: { presence_penalty: 0.25 },
  seed: { seed: 3 },
  stop: { stop: ['END'] },
  logitBias: { logit_bias: [[5, -1]] },
  extraBody: { user: 'ana' },
}

const grammars = {
  regex: { grammar: 'root ::= [0-9]{4,4}\n' },
  choice: { grammar: 'root ::= "red" | "blue"\n' },
  grammar: { grammar: 'root ::= "yes" | "no"' },
}

export const llamaServer: BackEnd = {
  name: 'llama-server',
  className: 'InferenceEndpointsLLM',
  async open(setup = {}) {
    const server = await LlamaServer.start({
      answer: setup.answer ?? defaultAnswer,
      ...(setup.serverKey === undefined ? {} : { apiKey: setup.serverKey }),
    })
    return { server, llm: connect({ baseUrl: addressOf(server, setup) }, setup) }
  },
  metadata: { contextWindow: 1024, contextWindowSource: 'engine', isVisionModel: false, isFunctionCallingModel: true },
  paths: { chat: '/v1/chat/completions', completion: { json: '/completion', stream: '/completion' } },
  options: {
    chat: forms(shared, { maxTokens: { max_tokens: 7 }, ...openAIChatOptions, ...templateOptions }),
    completion: forms(shared, { maxTokens: { n_predict: 7 }, logprobs: { n_probs: 2 } }),
  },
  outputs: {
    chat: { json: jsonSchemaFormat, ...grammars },
    completion: { json: { json_schema: schema }, ...grammars },
  },
  edges: [
    ['chat', 'topK', 0, { top_k: 0 }],
    ['completion', 'topK', 0, { top_k: 0 }],
    ['completion', 'stop', 'END', { stop: ['END'] }],
    ['completion', 'temperature', 0, { temperature: 0 }],
    ['completion', 'logprobs', true, { n_probs: 1 }],
  ],
  batchWire: 'stream',
  prefill: {},
  otherModel: 'ignored',
  failures: [
    {
      what: 'a prompt that is too long',
      refusal: new Refusal(400, {
        error: {
          code: 400,
          message: 'the request exceeds the available context size, try increasing it',
          type: 'exceed_context_size_error',
          n_prompt_tokens: 1100,
          n_ctx: 1024,
        },
      }),
      code: 'CONTEXT_OVERFLOW',
      outcome: 'fails',
    },
    {
      what: 'a parameter that is refused',
      refusal: refusal(400, '"stop" must be an array', 'invalid_request_error'),
      code: 'INVALID_REQUEST',
      outcome: 'fails',
    },
    {
      what: 'a model that loads',
      refusal: refusal(503, 'Loading model', 'unavailable_error'),
      code: 'MODEL_LOADING',
      outcome: 'waited',
    },
    {
      what: 'a failure of the engine',
      refusal: refusal(500, 'decode failed', 'server_error'),
      code: 'SERVER_ERROR',
      outcome: 'retried',
    },
  ],
  failure: { refusal: refusal(500, 'decode failed', 'server_error'), status: 500 },
}
