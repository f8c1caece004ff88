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

export interface RouterServerOptions extends EngineServerOptions {
  /** What the account or the providers say to every request. */
  readonly refusal?: Refusal
}

const served = 'org/model'

/** Hugging Face's router to Inference Providers, as of August 2026. */
export class RouterServer extends EngineServer {
  readonly #refusal: Refusal | undefined

  constructor(options: RouterServerOptions = {}) {
    super({ apiKey: 'hf_token', ...options })
    this.#refusal = options.refusal
  }

  static async start(options?: RouterServerOptions): Promise<RouterServer> {
    return new RouterServer(options).open()
  }

  protected readonly routes = {
    'GET /v1/models': (_: Recorded, response: ServerResponse) =>
      sendWhole(response, 200, {
        object: 'list',
        data: [
          {
            id: served,
            object: 'model',
            created: 1,
            owned_by: 'org',
            providers: [
              { provider: 'groq', status: 'live', context_length: 131_072, supports_structured_output: true },
            ],
          },
        ],
      }),
    'POST /v1/chat/completions': (request: Recorded, response: ServerResponse) => this.#chat(request, response),
  }

  protected isGuarded(path: string): boolean {
    return path !== '/v1/models'
  }

  protected unauthorized(): Refusal {
    return new Refusal(401, { error: 'Invalid username or password.' })
  }

  protected notFound(): Refusal {
    return new Refusal(404, 'Not Found')
  }

  async #chat({ body, text }: Recorded, response: ServerResponse): Promise<void> {
    if (this.#refusal !== undefined) throw this.#refusal
    // It routes before the body has arrived.
    if (!text.startsWith('{"model":')) throw new Refusal(400, { error: 'model must be the first field' })
    const [model, provider = 'fastest'] = String(body['model']).split(':')
    if (model !== served || !['groq', 'fastest', 'cheapest', 'preferred'].includes(provider)) {
      const message = `The requested model '${String(body['model'])}' is not supported by any provider you have enabled.`
      throw new Refusal(400, {
        error: { message, type: 'invalid_request_error', param: 'model', code: 'model_not_supported' },
      })
    }
    const messages = body['messages'] as readonly Json[]
    const prompt = JSON.stringify(messages)
    const promptTokens = this.tokenise(prompt, false)
    const { stop = [] } = body
    await answerOpenAI(response, asSaid(this.answer({ route: 'chat', prompt, messages, body })), {
      model: served,
      kind: 'chat',
      body,
      promptTokens,
      stops: typeof stop === 'string' ? [stop] : (stop as string[]),
      maxTokens: (body['max_tokens'] as number | undefined) ?? 256,
      reasons: { eos: 'stop', stop: 'stop', length: 'length' },
      headers: { 'x-inference-provider': 'groq' },
      failure: (error) => error.body,
    })
  }
}
