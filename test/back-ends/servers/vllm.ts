import { Refusal } from '../../support/servers/engine-server.js'
import { VllmServer } from '../../support/servers/vllm.js'
import { addressOf, type BackEnd, defaultAnswer, type Form, forms, type OutputForms } from '../back-end.js'
import { connect } from './connect.js'
import { jsonSchemaFormat, openAIChatOptions, openAIOptions, templateOptions, vllmOptions } from './openai-forms.js'

type Version = '0.10.2' | '0.12.0'

/** Errors have another form since 0.11, and constraints other fields. */
function vllm(version: Version, output: (field: string, value: unknown) => Form): BackEnd {
  const refusal = (status: number, message: string, type: string): Refusal =>
    new Refusal(
      status,
      version === '0.12.0'
        ? { error: { message, type, param: null, code: status } }
        : { object: 'error', message, type, param: null, code: status },
    )
  const outputs: OutputForms = {
    json: jsonSchemaFormat,
    regex: output('regex', '[0-9]{4}'),
    choice: output('choice', ['red', 'blue']),
    grammar: output('grammar', 'root ::= "yes" | "no"'),
  }
  const died = refusal(500, 'EngineCore encountered an issue', 'InternalServerError')
  return {
    name: `vLLM ${version.replace(/\.\d$/, '')}`,
    className: 'InferenceEndpointsLLM',
    async open(setup = {}) {
      const server = await VllmServer.start({
        version,
        answer: setup.answer ?? defaultAnswer,
        ...(setup.serverKey === undefined ? {} : { apiKey: setup.serverKey }),
      })
      return { server, llm: connect({ baseUrl: addressOf(server, setup) }, setup) }
    },
    metadata: { contextWindow: 1024, contextWindowSource: 'engine', isChatModel: true, isFunctionCallingModel: true },
    paths: { chat: '/v1/chat/completions', completion: { json: '/v1/completions', stream: '/v1/completions' } },
    options: {
      chat: forms({ ...openAIOptions, ...vllmOptions }, { ...openAIChatOptions, ...templateOptions }),
      completion: forms({ ...openAIOptions, ...vllmOptions }, { logprobs: { logprobs: 2 } }),
    },
    outputs: { chat: outputs, completion: outputs },
    edges: [
      // 0 was refused before 0.9.
      ['chat', 'topK', 0, { top_k: -1 }],
      ['completion', 'topK', 0, { top_k: -1 }],
      ['chat', 'topP', 1, { top_p: 1 }],
      ['chat', 'minP', 1, { min_p: 1 }],
      ['chat', 'temperature', 0, { temperature: 0 }],
      ['chat', 'seed', 0, { seed: 0 }],
      ['chat', 'logprobs', true, { logprobs: true }],
      ['completion', 'logprobs', true, { logprobs: 1 }],
    ],
    batchWire: 'json',
    prefill: { add_generation_prompt: false, continue_final_message: true },
    otherModel: 'MODEL_NOT_FOUND',
    failures: [
      {
        what: 'a prompt that is too long',
        refusal: refusal(
          400,
          "This model's maximum context length is 1024 tokens. However, you requested 1200 tokens (1100 in the messages, 100 in the completion).",
          'BadRequestError',
        ),
        code: 'CONTEXT_OVERFLOW',
        outcome: 'fails',
      },
      {
        what: 'a parameter that is refused',
        refusal: refusal(400, 'top_p must be in (0, 1], got 7.0.', 'BadRequestError'),
        code: 'INVALID_REQUEST',
        outcome: 'fails',
      },
      {
        what: 'a full queue',
        refusal: refusal(503, 'The request queue is full', 'ServiceUnavailableError'),
        code: 'RATE_LIMITED',
        outcome: 'retried',
      },
      { what: 'a failure of the engine', refusal: died, code: 'SERVER_ERROR', outcome: 'retried' },
    ],
    failure: { refusal: died, status: 500 },
  }
}

export const vllmServers: readonly BackEnd[] = [
  vllm('0.10.2', (field, value) => ({ [`guided_${field}`]: value })),
  vllm('0.12.0', (field, value) => ({ structured_outputs: { [field]: value } })),
]
