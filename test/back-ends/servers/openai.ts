import { Refusal } from '../../support/servers/engine-server.js'
import { OpenAIServer } from '../../support/servers/openai.js'
import { RouterServer } from '../../support/servers/router.js'
import { addressOf, type BackEnd, defaultAnswer, forms, inWords, noOutputs } from '../back-end.js'
import { connect } from './connect.js'
import { jsonSchemaFormat, openAIChatOptions, openAIOptions } from './openai-forms.js'

const refusal = (status: number, message: string, code: string | null): Refusal =>
  new Refusal(status, { error: { message, type: 'invalid_request_error', param: null, code } })

const tooLong = refusal(400, "This model's maximum context length is 8 tokens.", 'context_length_exceeded')
const logitBias = { logit_bias: { '5': -1 } }
const died = refusal(500, 'The server had an error while processing your request', null)

export const openai: BackEnd = {
  name: "OpenAI's protocol",
  className: 'InferenceEndpointsLLM',
  async open(setup = {}) {
    const server = await OpenAIServer.start({
      answer: setup.answer ?? defaultAnswer,
      ...(setup.serverKey === undefined ? {} : { apiKey: setup.serverKey }),
    })
    return { server, llm: connect({ baseUrl: addressOf(server, setup) }, setup) }
  },
  metadata: {
    contextWindow: undefined,
    contextWindowSource: 'unknown',
    isChatModel: true,
    isFunctionCallingModel: true,
  },
  paths: { chat: '/v1/chat/completions', completion: { json: '/v1/completions', stream: '/v1/completions' } },
  options: {
    chat: forms(openAIOptions, { ...openAIChatOptions, logitBias }),
    completion: forms(openAIOptions, { logprobs: { logprobs: 2 }, logitBias }),
  },
  outputs: { chat: { ...inWords, json: jsonSchemaFormat }, completion: noOutputs },
  edges: [
    ['chat', 'topP', 1, { top_p: 1 }],
    ['chat', 'temperature', 0, { temperature: 0 }],
    ['chat', 'logprobs', 0, { logprobs: true }],
  ],
  batchWire: 'stream',
  prefill: {},
  otherModel: 'MODEL_NOT_FOUND',
  failures: [
    { what: 'a prompt that is too long', refusal: tooLong, code: 'CONTEXT_OVERFLOW', outcome: 'fails' },
    {
      what: 'a parameter that is refused',
      refusal: refusal(400, 'Unrecognized request argument supplied: top_k', null),
      code: 'INVALID_REQUEST',
      outcome: 'fails',
    },
    {
      what: 'its limit of requests',
      refusal: refusal(429, 'Rate limit reached for requests', 'rate_limit_exceeded'),
      code: 'RATE_LIMITED',
      outcome: 'retried',
    },
    { what: 'a failure', refusal: died, code: 'SERVER_ERROR', outcome: 'retried' },
  ],
  failure: { refusal: died, status: 500 },
}

/** Hugging Face's router, which takes conversations alone. */
export const router: BackEnd = {
  name: "Hugging Face's router",
  className: 'InferenceEndpointsLLM',
  async open(setup = {}) {
    const { answer = defaultAnswer, serverKey = 'hf_token' } = setup
    const server = await RouterServer.start({ answer, apiKey: serverKey })
    const llm = connect({ modelId: 'org/model', routerUrl: addressOf(server, setup) }, { ...setup, serverKey })
    return { server, llm }
  },
  metadata: {
    contextWindow: undefined,
    contextWindowSource: 'unknown',
    isChatModel: true,
    isFunctionCallingModel: true,
  },
  paths: { chat: '/v1/chat/completions' },
  options: { chat: forms(openAIOptions, openAIChatOptions) },
  outputs: { chat: { ...inWords, json: jsonSchemaFormat } },
  edges: [
    ['chat', 'topP', 1, { top_p: 1 }],
    ['chat', 'temperature', 0, { temperature: 0 }],
  ],
  batchWire: 'stream',
  prefill: {},
  otherModel: 'MODEL_NOT_FOUND',
  failures: [
    { what: 'a prompt that is too long', refusal: tooLong, code: 'CONTEXT_OVERFLOW', outcome: 'fails' },
    {
      what: 'a schema that the provider refuses',
      refusal: new Refusal(422, { error: ['schema: too deep', 'schema: $ref'] }),
      code: 'INVALID_REQUEST',
      outcome: 'fails',
    },
    {
      what: 'credits that are used up',
      refusal: new Refusal(402, { error: 'You have exceeded your monthly included credits' }),
      code: 'PAYMENT_REQUIRED',
      outcome: 'fails the run',
    },
    {
      what: 'its limit of requests',
      refusal: new Refusal(429, { error: 'Too many requests' }, { 'retry-after': '2' }),
      code: 'RATE_LIMITED',
      outcome: 'retried',
    },
    {
      what: 'a provider that fails',
      refusal: new Refusal(502, '<!doctype html><title>Bad Gateway</title>', { 'content-type': 'text/html' }),
      code: 'SERVER_ERROR',
      outcome: 'retried',
    },
    {
      what: 'a model that loads',
      refusal: new Refusal(503, { error: 'Model org/model is currently loading', estimated_time: 20 }),
      code: 'MODEL_LOADING',
      outcome: 'waited',
    },
  ],
  failure: { refusal: refusal(500, 'the provider failed', null), status: 500 },
}
