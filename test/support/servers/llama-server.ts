import type { ServerResponse } from 'node:http'

import {
  asSaid,
  beginStream,
  EngineServer,
  type EngineServerOptions,
  type Generated,
  generate,
  type Json,
  logprobOf,
  type Recorded,
  Refusal,
  sendWhole,
} from './engine-server.js'
import { answerOpenAI } from './openai-form.js'

export interface LlamaServerOptions extends EngineServerOptions {
  /** Of each slot. @defaultValue 1024 */
  readonly contextSize?: number
  readonly slots?: number
  readonly isLoading?: boolean
  /** Throws away old text when the window is full (`--context-shift`). */
  readonly hasShifted?: boolean
}

const model = 'model.gguf'

/** llama.cpp's llama-server of 2025: tools/server/README.md. */
export class LlamaServer extends EngineServer {
  readonly constraints: Json[] = []
  /** The tool choice that was in force. */
  readonly toolChoices: unknown[] = []
  readonly #options: LlamaServerOptions

  constructor(options: LlamaServerOptions = {}) {
    super(options)
    this.#options = options
  }

  static async start(options?: LlamaServerOptions): Promise<LlamaServer> {
    return new LlamaServer(options).open()
  }

  get #contextSize(): number {
    return this.#options.contextSize ?? 1024
  }

  protected readonly routes = {
    'GET /v1/models': this.#whenLoaded((_, response) =>
      sendWhole(
        response,
        200,
        {
          object: 'list',
          data: [{ id: model, object: 'model', created: 1, owned_by: 'llamacpp', meta: { n_ctx_train: 32768 } }],
        },
        { server: 'llama.cpp' },
      ),
    ),
    'GET /props': this.#whenLoaded((_, response) =>
      sendWhole(response, 200, {
        default_generation_settings: { n_ctx: this.#contextSize, params: {} },
        total_slots: this.#options.slots ?? 4,
        model_path: `/models/${model}`,
        chat_template: '{{ messages }}',
        modalities: { vision: false, audio: false },
        build_info: 'b6500-abcdef',
      }),
    ),
    'POST /completion': this.#whenLoaded((request, response) => this.#complete(request, response)),
    'POST /v1/chat/completions': this.#whenLoaded((request, response) => this.#chat(request, response)),
  }

  protected isGuarded(path: string): boolean {
    return path !== '/health' && path !== '/v1/models'
  }

  protected unauthorized(): Refusal {
    return refusal(401, 'Invalid API Key', 'authentication_error')
  }

  protected notFound(): Refusal {
    return refusal(404, 'File Not Found', 'not_found_error')
  }

  #whenLoaded(
    handler: (request: Recorded, response: ServerResponse) => Promise<void> | void,
  ): (request: Recorded, response: ServerResponse) => Promise<void> | void {
    return (request, response) => {
      if (this.#options.isLoading) throw refusal(503, 'Loading model', 'unavailable_error')
      return handler(request, response)
    }
  }

  #count(text: string, addsSpecial: boolean): number {
    const tokens = this.tokenise(text, addsSpecial)
    if (tokens < this.#contextSize) return tokens
    throw new Refusal(400, {
      error: {
        code: 400,
        message: 'the request exceeds the available context size, try increasing it',
        type: 'exceed_context_size_error',
        n_prompt_tokens: tokens,
        n_ctx: this.#contextSize,
      },
    })
  }

  async #complete({ body }: Recorded, response: ServerResponse): Promise<void> {
    const { prompt, stop = [], n_predict: maxTokens = 256, json_schema: schema, grammar, n_probs: probabilities } = body
    if (typeof prompt !== 'string') throw refusal(400, '"prompt" must be a string', 'invalid_request_error')
    if (!Array.isArray(stop)) throw refusal(400, '"stop" must be an array', 'invalid_request_error')
    if (schema !== undefined && grammar !== undefined) {
      throw refusal(400, 'Either "json_schema" or "grammar" can be specified, but not both', 'invalid_request_error')
    }
    this.#note({ schema, grammar })
    const promptTokens = this.#count(prompt, true)
    const said = asSaid(this.answer({ route: 'completion', prompt, messages: undefined, body }))
    const stops = stop as string[]
    const words: Generated[] = []
    const partial = (generated: Generated, content: string): Json => ({
      index: 0,
      content,
      tokens: [],
      stop: false,
      id_slot: 0,
      tokens_predicted: generated.count,
      tokens_evaluated: promptTokens,
      ...(typeof probabilities === 'number' && generated.token !== ''
        ? { completion_probabilities: [probabilityOf(generated, probabilities)] }
        : {}),
    })
    const final = (last: Generated, content: string): Json => ({
      index: 0,
      content,
      id_slot: 0,
      stop: true,
      model,
      tokens_predicted: last.count,
      tokens_evaluated: promptTokens,
      generation_settings: {},
      has_new_line: false,
      truncated: this.#options.hasShifted === true,
      stop_type: last.end === 'length' ? 'limit' : last.end === 'stop' ? 'word' : 'eos',
      stopping_word: last.stop ?? '',
      timings: {},
      ...(typeof probabilities === 'number'
        ? { completion_probabilities: words.map((word) => probabilityOf(word, probabilities)) }
        : {}),
    })
    if (body['stream'] !== true) {
      let last: Generated | undefined
      for await (const generated of generate(said, stops, maxTokens as number)) {
        if (generated.token !== '') words.push(generated)
        last = generated
      }
      sendWhole(response, 200, final(last as Generated, withoutStop(last as Generated)))
      return
    }
    beginStream(response)
    const send = (event: unknown): void => void response.write(`data: ${JSON.stringify(event)}\n\n`)
    try {
      let sent = 0
      const longest = Math.max(0, ...stops.map((each) => each.length - 1))
      for await (const generated of generate(said, stops, maxTokens as number)) {
        const { end, text } = generated
        if (generated.token !== '') words.push(generated)
        const upTo = end === undefined ? Math.max(sent, text.length - longest) : withoutStop(generated).length
        send(partial(generated, text.slice(sent, upTo)))
        sent = Math.max(sent, upTo)
        if (end !== undefined) send(final(generated, ''))
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      send(error.body)
    }
    response.end()
  }

  async #chat({ body }: Recorded, response: ServerResponse): Promise<void> {
    const { messages, stop = [], grammar, tool_choice: choice } = body
    const format = body['response_format'] as Json | undefined
    const schema = (format?.['json_schema'] as Json | undefined)?.['schema']
    if (body['tools'] !== undefined && (grammar !== undefined || format !== undefined)) {
      throw refusal(400, 'Cannot use custom grammar constraints with tools.', 'invalid_request_error')
    }
    this.#note({ schema, grammar })
    this.toolChoices.push(typeof choice === 'string' ? choice : 'auto')
    const prompt = JSON.stringify(messages)
    const promptTokens = this.#count(prompt, false)
    const said = asSaid(this.answer({ route: 'chat', prompt, messages: messages as Json[], body }))
    await answerOpenAI(response, said, {
      model,
      kind: 'chat',
      body,
      promptTokens,
      stops: typeof stop === 'string' ? [stop] : (stop as string[]),
      maxTokens: (body['max_tokens'] as number | undefined) ?? 256,
      reasons: { eos: 'stop', stop: 'stop', length: 'length' },
      failure: (error) => error.body,
    })
  }

  #note(constraint: Json): void {
    this.constraints.push(Object.fromEntries(Object.entries(constraint).filter(([, value]) => value !== undefined)))
  }
}

function withoutStop({ text, stop }: Generated): string {
  return stop === undefined ? text : text.slice(0, text.indexOf(stop))
}

function probabilityOf({ token, count }: Generated, top: number): Json {
  const of = (text: string, rank: number): Json => ({
    id: rank,
    token: text,
    bytes: [...Buffer.from(text)],
    logprob: logprobOf(count - 1) - rank,
  })
  return {
    ...of(token, 0),
    top_logprobs: Array.from({ length: top }, (_, rank) => of(rank === 0 ? token : `~${rank}`, rank)),
  }
}

function refusal(code: number, message: string, type: string): Refusal {
  return new Refusal(code, { error: { code, message, type } })
}
