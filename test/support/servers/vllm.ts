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

export interface VllmServerOptions extends EngineServerOptions {
  /** @defaultValue '0.12.0' */
  readonly version?: string
  readonly model?: string
  /** @defaultValue 1024 */
  readonly maxModelLen?: number
  /** The queue is full. */
  readonly isFull?: boolean
}

const constraintFields = ['json', 'regex', 'choice', 'grammar', 'whitespace_pattern']

/** vLLM's OpenAI-compatible server, 0.8 to 0.12 by its version: https://docs.vllm.ai. */
export class VllmServer extends EngineServer {
  /** What constrained the text of each request. */
  readonly constraints: Json[] = []
  readonly #version: string
  readonly #minor: number
  readonly #model: string
  readonly #maxModelLen: number
  readonly #isFull: boolean

  constructor(options: VllmServerOptions = {}) {
    super(options)
    const { version = '0.12.0', model = 'org/served', maxModelLen = 1024, isFull = false } = options
    this.#version = version
    this.#minor = Number(version.split('.')[1])
    this.#model = model
    this.#maxModelLen = maxModelLen
    this.#isFull = isFull
  }

  static async start(options?: VllmServerOptions): Promise<VllmServer> {
    return new VllmServer(options).open()
  }

  protected readonly routes = {
    'GET /health': (_: Recorded, response: ServerResponse) => sendWhole(response, 200, ''),
    'GET /version': (_: Recorded, response: ServerResponse) => sendWhole(response, 200, { version: this.#version }),
    'GET /v1/models': (_: Recorded, response: ServerResponse) =>
      sendWhole(response, 200, {
        object: 'list',
        data: [
          {
            id: this.#model,
            object: 'model',
            created: 1_790_000_000,
            owned_by: 'vllm',
            root: this.#model,
            parent: null,
            max_model_len: this.#maxModelLen,
            permission: [],
          },
        ],
      }),
    'POST /v1/chat/completions': (request: Recorded, response: ServerResponse) =>
      this.#answer('chat', request, response),
    'POST /v1/completions': (request: Recorded, response: ServerResponse) =>
      this.#answer('completion', request, response),
  }

  protected isGuarded(path: string): boolean {
    return path.startsWith('/v1')
  }

  protected unauthorized(): Refusal {
    return new Refusal(401, { error: 'Unauthorized' })
  }

  protected notFound(): Refusal {
    return new Refusal(404, { detail: 'Not Found' })
  }

  /** As each version writes it. */
  #refusal(status: number, message: string, type = 'BadRequestError'): Refusal {
    return new Refusal(
      status,
      this.#minor >= 11
        ? { error: { message, type, param: null, code: status } }
        : { object: 'error', message, type, param: null, code: status },
    )
  }

  async #answer(kind: 'chat' | 'completion', { body }: Recorded, response: ServerResponse): Promise<void> {
    const { model, messages, prompt } = body
    if (model !== this.#model) {
      throw this.#refusal(404, `The model \`${String(model)}\` does not exist.`, 'NotFoundError')
    }
    if (this.#isFull) throw this.#refusal(503, 'The request queue is full', 'ServiceUnavailableError')
    this.#checkSampling(body)
    const text = kind === 'chat' ? JSON.stringify(messages) : String(prompt)
    // The template of a chat writes all of them.
    const addsSpecial = kind === 'completion' && body['add_special_tokens'] !== false
    const promptTokens = this.tokenise(text, addsSpecial)
    const maxTokens = (body['max_tokens'] as number | undefined) ?? (kind === 'chat' ? 512 : 16)
    if (
      promptTokens + maxTokens > this.#maxModelLen &&
      promptTokens >= this.#maxModelLen - (body['max_tokens'] === undefined ? 0 : maxTokens)
    ) {
      throw this.#refusal(
        400,
        `This model's maximum context length is ${this.#maxModelLen} tokens. However, you requested ${promptTokens + maxTokens} tokens (${promptTokens} in the messages, ${maxTokens} in the completion).`,
      )
    }
    this.constraints.push(this.#constraintOf(body))
    const said = asSaid(this.answer({ route: kind, prompt: text, messages: messages as Json[] | undefined, body }))
    const { stop } = body
    await answerOpenAI(response, said, {
      model: this.#model,
      kind,
      body,
      promptTokens,
      stops: stop === undefined ? [] : typeof stop === 'string' ? [stop] : (stop as string[]),
      maxTokens,
      reasons: { eos: 'stop', stop: 'stop', length: 'length' },
      // Renamed in 0.11.1.
      reasoningField: this.#minor >= 12 ? 'reasoning' : 'reasoning_content',
      failure: (error) => error.body,
    })
  }

  #checkSampling(body: Json): void {
    const { top_p: topP, top_k: topK, min_p: minP, logprobs, top_logprobs: topLogprobs, messages } = body
    for (const field of Object.keys(body)) if (body[field] === null) throw new Error(`vLLM was sent a null ${field}`)
    if (typeof topP === 'number' && (topP <= 0 || topP > 1))
      throw this.#refusal(400, `top_p must be in (0, 1], got ${topP}.`)
    if (typeof topK === 'number' && (topK < -1 || (topK === 0 && this.#minor < 9))) {
      throw this.#refusal(400, `top_k must be -1 (disable), or at least 1, got ${topK}.`)
    }
    if (typeof minP === 'number' && (minP < 0 || minP > 1))
      throw this.#refusal(400, `min_p must be in [0, 1], got ${minP}.`)
    if (typeof logprobs === 'number' && logprobs > 20)
      throw this.#refusal(400, 'Requested sample logprobs of too many tokens.')
    if (topLogprobs !== undefined && logprobs !== true)
      throw this.#refusal(400, 'when using `top_logprobs`, `logprobs` must be set to true.')
    if (body['continue_final_message'] === true && body['add_generation_prompt'] !== false) {
      throw this.#refusal(400, 'Cannot set both `continue_final_message` and `add_generation_prompt` to True.')
    }
    if (body['stream_options'] !== undefined && body['stream'] !== true) {
      throw this.#refusal(400, 'Stream options can only be defined when `stream=True`.')
    }
    if (body['continue_final_message'] === true && (messages as Json[]).at(-1)?.['role'] !== 'assistant') {
      throw this.#refusal(400, 'Cannot continue a final message that is not of the assistant.')
    }
  }

  /** Unknown fields are ignored, which is how text comes out unconstrained. */
  #constraintOf(body: Json): Json {
    const format = body['response_format'] as Json | undefined
    const found: Record<string, unknown> = {}
    if (format?.['type'] === 'json_schema') {
      const schema = (format['json_schema'] as Json | undefined)?.['schema']
      if (schema === undefined) throw this.#refusal(400, 'response_format.json_schema.schema is missing')
      found['json'] = schema
    }
    if (this.#minor < 12) {
      for (const field of constraintFields)
        if (body[`guided_${field}`] !== undefined) found[field] = body[`guided_${field}`]
    }
    if (this.#minor >= 11) Object.assign(found, body['structured_outputs'])
    const { whitespace_pattern: _whitespace, ...kinds } = found
    if (Object.keys(kinds).length > 1)
      throw this.#refusal(400, 'You can only use one kind of constraint for structured outputs.')
    return found
  }
}
