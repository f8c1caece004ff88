import { Refusal } from '../../support/servers/engine-server.js'
import { SglangServer } from '../../support/servers/sglang.js'
import { addressOf, type BackEnd, defaultAnswer, forms } from '../back-end.js'
import { schema } from '../option-cases.js'
import { connect } from './connect.js'
import { jsonSchemaFormat, openAIChatOptions, openAIOptions, templateOptions, vllmOptions } from './openai-forms.js'

const refusal = (status: number, message: string, type = 'BadRequestError'): Refusal =>
  new Refusal(status, { error: { message, type, param: null, code: status } })

/** Without `--enable-deterministic-inference` a seed is ignored. */
function sglang(isDeterministic: boolean): BackEnd {
  return {
    name: isDeterministic ? 'SGLang 0.5, deterministic' : 'SGLang 0.5',
    className: 'InferenceEndpointsLLM',
    async open(setup = {}) {
      const server = await SglangServer.start({
        isDeterministic,
        answer: setup.answer ?? defaultAnswer,
        ...(setup.serverKey === undefined ? {} : { apiKey: setup.serverKey }),
      })
      return { server, llm: connect({ baseUrl: addressOf(server, setup) }, setup) }
    },
    metadata: { contextWindow: 1018, contextWindowSource: 'engine', isChatModel: true, isFunctionCallingModel: true },
    paths: { chat: '/v1/chat/completions', completion: { json: '/generate', stream: '/generate' } },
    options: {
      chat: forms(
        { ...openAIOptions, ...vllmOptions },
        { ...openAIChatOptions, ...templateOptions, ...(isDeterministic ? {} : { seed: 'refused' }) },
      ),
      completion: forms(
        {},
        {
          maxTokens: { 'sampling_params.max_new_tokens': 7 },
          temperature: { 'sampling_params.temperature': 0.5 },
          topP: { 'sampling_params.top_p': 0.5 },
          topK: { 'sampling_params.top_k': 7 },
          minP: { 'sampling_params.min_p': 0.25 },
          repetitionPenalty: { 'sampling_params.repetition_penalty': 1.5 },
          frequencyPenalty: { 'sampling_params.frequency_penalty': 0.5 },
          presencePenalty: { 'sampling_params.presence_penalty': 0.25 },
          seed: isDeterministic ? { 'sampling_params.sampling_seed': 3 } : 'refused',
          stop: { 'sampling_params.stop': ['END'] },
          stopTokenIds: { 'sampling_params.stop_token_ids': [2] },
          logitBias: { 'sampling_params.logit_bias': { '5': -1 } },
          logprobs: { return_logprob: true, return_text_in_logprobs: true, top_logprobs_num: 2 },
          extraBody: { user: 'ana' },
        },
      ),
    },
    outputs: {
      chat: {
        json: jsonSchemaFormat,
        regex: { regex: '[0-9]{4}' },
        choice: { regex: '(red|blue)' },
        grammar: { ebnf: 'root ::= "yes" | "no"' },
      },
      completion: {
        // As text.
        json: { 'sampling_params.json_schema': JSON.stringify(schema) },
        regex: { 'sampling_params.regex': '[0-9]{4}' },
        choice: { 'sampling_params.regex': '(red|blue)' },
        grammar: { 'sampling_params.ebnf': 'root ::= "yes" | "no"' },
      },
    },
    edges: [
      ['chat', 'topK', 0, { top_k: -1 }],
      ['completion', 'topK', 0, { 'sampling_params.top_k': -1 }],
      ['chat', 'topP', 1, { top_p: 1 }],
      ['completion', 'temperature', 0, { 'sampling_params.temperature': 0 }],
      ['completion', 'logprobs', true, { return_logprob: true, return_text_in_logprobs: true }],
    ],
    batchWire: 'json',
    prefill: { continue_final_message: true },
    otherModel: 'ignored',
    failures: [
      {
        what: 'a prompt that is too long',
        refusal: refusal(
          400,
          "Requested token count exceeds the model's maximum context length of 1024 tokens. You requested a total of 1200 tokens.",
        ),
        code: 'CONTEXT_OVERFLOW',
        outcome: 'fails',
      },
      {
        what: 'a parameter that is refused',
        refusal: refusal(400, 'top_p must be in (0, 1], got 7.0.'),
        code: 'INVALID_REQUEST',
        outcome: 'fails',
      },
      {
        what: 'a full queue',
        refusal: refusal(503, 'The request queue is full.'),
        code: 'RATE_LIMITED',
        outcome: 'retried',
      },
      {
        what: 'a failure of the engine',
        refusal: refusal(500, 'scheduler died', 'InternalServerError'),
        code: 'SERVER_ERROR',
        outcome: 'retried',
      },
    ],
    failure: { refusal: refusal(500, 'scheduler died', 'InternalServerError'), status: 500 },
  }
}

export const sglangServers: readonly BackEnd[] = [sglang(false), sglang(true)]
