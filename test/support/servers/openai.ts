import type { ServerResponse } from 'node:http'

import {
  asSaid,
  EngineServer,
  type EngineServerOptions,
  type Json,
  type Recorded,
  Refusal,
  sendWhole,
} from './engine-server.js'
import { answerOpenAI } from './openai-form.js'

const known = new Set([
  'model',
  'messages',
  'prompt',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'frequency_penalty',
  'presence_penalty',
  'seed',
  'stop',
  'n',
  'logprobs',
  'top_logprobs',
  'logit_bias',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'stream',
  'stream_options',
  'user',
])
const model = 'some-model'

/** A server that takes OpenAI's own fields and refuses all others, as OpenAI does. */
export class OpenAIServer extends EngineServer {
  static async start(options: EngineServerOptions = {}): Promise<OpenAIServer> {
    return new OpenAIServer(options).open()
  }

  protected readonly routes = {
    'GET /v1/models': (_: Recorded, response: ServerResponse) =>
      sendWhole(response, 200, {
        object: 'list',
        data: [{ id: model, object: 'model', created: 1, owned_by: 'somebody' }],
      }),
    'POST /v1/chat/completions': (request: Recorded, response: ServerResponse) =>
      this.#answer('chat', request, response),
    'POST /v1/completions': (request: Recorded, response: ServerResponse) =>
      this.#answer('completion', request, response),
  }

  protected isGuarded(): boolean {
    return true
  }

  protected unauthorized(): Refusal {
    return refusal(401, 'Incorrect API key provided.', 'invalid_api_key')
  }

  protected notFound(): Refusal {
    return refusal(404, 'Invalid URL', null)
  }

  async #answer(kind: 'chat' | 'completion', { body }: Recorded, response: ServerResponse): Promise<void> {
    const unknown = Object.keys(body).find((field) => !known.has(field) || body[field] === null)
    if (unknown !== undefined) throw refusal(400, `Unrecognized request argument supplied: ${unknown}`, null)
    if (body['model'] !== model) {
      throw refusal(
        404,
        `The model '${String(body['model'])}' does not exist or you do not have access to it.`,
        'model_not_found',
      )
    }
    checkStrictSchema(body['response_format'] as Json | undefined)
    const { messages, prompt, stop = [] } = body
    const text = kind === 'chat' ? JSON.stringify(messages) : String(prompt)
    const promptTokens = this.tokenise(text, kind === 'completion')
    await answerOpenAI(
      response,
      asSaid(this.answer({ route: kind, prompt: text, messages: messages as Json[] | undefined, body })),
      {
        model,
        kind,
        body,
        promptTokens,
        stops: typeof stop === 'string' ? [stop] : (stop as string[]),
        maxTokens: (body['max_tokens'] as number | undefined) ?? 256,
        reasons: { eos: 'stop', stop: 'stop', length: 'length' },
        failure: (error) => error.body,
      },
    )
  }
}

function checkStrictSchema(format: Json | undefined): void {
  const { schema, strict } = (format?.['json_schema'] ?? {}) as Json
  if (strict !== true) return
  const { properties, required, additionalProperties } = schema as Json
  const isWhole = Object.keys(properties ?? {}).every((name) => (required as string[] | undefined)?.includes(name))
  if (additionalProperties === false && isWhole) return
  throw refusal(400, "Invalid schema for response_format: 'additionalProperties' is required to be false.", null)
}

function refusal(status: number, message: string, code: string | null): Refusal {
  return new Refusal(status, { error: { message, type: 'invalid_request_error', param: null, code } })
}
