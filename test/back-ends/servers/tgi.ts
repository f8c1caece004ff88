import { Refusal } from '../../support/servers/engine-server.js'
import { TgiServer } from '../../support/servers/tgi.js'
import { addressOf, type BackEnd, defaultAnswer, forms } from '../back-end.js'
import { schema } from '../option-cases.js'
import { connect } from './connect.js'
import { wireTools } from './openai-forms.js'

const refusal = (status: number, error: string, type: string): Refusal =>
  new Refusal(status, { error, error_type: type })

export const tgi: BackEnd = {
  name: 'TGI 3.3',
  className: 'InferenceEndpointsLLM',
  async open(setup = {}) {
    const server = await TgiServer.start({
      answer: setup.answer ?? defaultAnswer,
      ...(setup.serverKey === undefined ? {} : { apiKey: setup.serverKey }),
    })
    return { server, llm: connect({ baseUrl: addressOf(server, setup) }, setup) }
  },
  metadata: { contextWindow: 1024, contextWindowSource: 'engine', isChatModel: true, isFunctionCallingModel: true },
  paths: { chat: '/v1/chat/completions', completion: { json: '/generate', stream: '/generate_stream' } },
  options: {
    chat: forms(
      {},
      {
        maxTokens: { max_tokens: 7 },
        temperature: { temperature: 0.5 },
        topP: { top_p: 0.5 },
        frequencyPenalty: { frequency_penalty: 0.5 },
        seed: { seed: 3 },
        stop: { stop: ['END'] },
        logprobs: { logprobs: true, top_logprobs: 2 },
        tools: { tools: wireTools },
        toolChoice: { tool_choice: 'required' },
        toolPrompt: { tool_prompt: 'Use:' },
        extraBody: { user: 'ana' },
      },
    ),
    completion: forms(
      {},
      {
        maxTokens: { 'parameters.max_new_tokens': 7 },
        temperature: { 'parameters.temperature': 0.5 },
        topP: { 'parameters.top_p': 0.5 },
        topK: { 'parameters.top_k': 7 },
        typicalP: { 'parameters.typical_p': 0.5 },
        repetitionPenalty: { 'parameters.repetition_penalty': 1.5 },
        frequencyPenalty: { 'parameters.frequency_penalty': 0.5 },
        seed: { 'parameters.seed': 3 },
        stop: { 'parameters.stop': ['END'] },
        logprobs: { 'parameters.top_n_tokens': 2 },
        returnFullText: { 'parameters.return_full_text': true },
        watermark: { 'parameters.watermark': true },
        extraBody: { user: 'ana' },
      },
    ),
  },
  outputs: {
    chat: {
      json: { response_format: { type: 'json', value: schema } },
      regex: { response_format: { type: 'regex', value: '[0-9]{4}' } },
      choice: { response_format: { type: 'regex', value: '(red|blue)' } },
      grammar: 'refused',
    },
    completion: {
      json: { 'parameters.grammar': { type: 'json', value: schema } },
      regex: { 'parameters.grammar': { type: 'regex', value: '[0-9]{4}' } },
      choice: { 'parameters.grammar': { type: 'regex', value: '(red|blue)' } },
      grammar: 'refused',
    },
  },
  edges: [
    // 1 is refused, and left out it is the same; 0 is refused, and this keeps one token as well.
    ['chat', 'topP', 1, {}],
    ['chat', 'topP', 0, { top_p: 1e-6 }],
    ['chat', 'temperature', 0, { temperature: 0 }],
    ['chat', 'stop', 'END', { stop: ['END'] }],
    ['completion', 'topP', 1, {}],
    ['completion', 'topP', 0, { 'parameters.top_p': 1e-6 }],
    ['completion', 'typicalP', 1, {}],
    ['completion', 'topK', 0, {}],
    // Anything of sampling would switch it on again.
    ['completion', 'temperature', 0, { 'parameters.temperature': undefined, 'parameters.do_sample': false }],
    ['completion', 'stop', 'END', { 'parameters.stop': ['END'] }],
    ['completion', 'stop', [], {}],
    ['completion', 'seed', 0, { 'parameters.seed': 0 }],
  ],
  maxStops: 4,
  batchWire: 'json',
  // The token of the end is counted.
  countedTokens: 5,
  prefill: {},
  otherModel: 'ignored',
  failures: [
    {
      what: 'a prompt that is too long',
      refusal: refusal(
        422,
        'Input validation error: `inputs` must have less than 1023 tokens. Given: 1100',
        'validation',
      ),
      code: 'CONTEXT_OVERFLOW',
      outcome: 'fails',
    },
    {
      what: 'a parameter that is refused',
      refusal: refusal(422, 'Input validation error: `top_p` must be > 0.0 and < 1.0', 'validation'),
      code: 'INVALID_REQUEST',
      outcome: 'fails',
    },
    {
      what: 'overload',
      refusal: refusal(429, 'Model is overloaded', 'overloaded'),
      code: 'RATE_LIMITED',
      outcome: 'retried',
    },
    {
      what: 'a failed generation',
      refusal: refusal(424, 'Request failed during generation: CUDA out of memory', 'generation'),
      code: 'SERVER_ERROR',
      outcome: 'retried',
    },
    {
      what: 'an incomplete generation',
      refusal: refusal(500, 'Incomplete generation', 'incomplete_generation'),
      code: 'SERVER_ERROR',
      outcome: 'retried',
    },
  ],
  failure: { refusal: refusal(424, 'Request failed during generation: shard died', 'generation'), status: 424 },
}
