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

export interface SglangServerOptions extends EngineServerOptions {
  /** `--enable-deterministic-inference` */
  readonly isDeterministic?: boolean
  /** `--stream-output` */
  readonly streamsPieces?: boolean
  /** @defaultValue 1024 */
  readonly contextLength?: number
  readonly isFull?: boolean
}

const model = 'org/served'
const constraintFields = ['json_schema', 'regex', 'ebnf', 'structural_tag']

/** SGLang 0.5: https://docs.sglang.io. */
export class SglangServer extends EngineServer {
  readonly constraints: Json[] = []
  /** The seed that each request was sampled with. */
  readonly seeds: unknown[] = []
  readonly #options: SglangServerOptions

  constructor(options: SglangServerOptions = {}) {
    super(options)
    this.#options = options
  }

  static async start(options?: SglangServerOptions): Promise<SglangServer> {
    return new SglangServer(options).open()
  }

  get #contextLength(): number {
    return this.#options.contextLength ?? 1024
  }

  protected readonly routes = {
    'GET /v1/models': (_: Recorded, response: ServerResponse) =>
      sendWhole(response, 200, {
        object: 'list',
        data: [
          {
            id: model,
            object: 'model',
            created: 1,
            owned_by: 'sglang',
            root: model,
            max_model_len: this.#contextLength,
          },
        ],
      }),
    'GET /get_model_info': (_: Recorded, response: ServerResponse) =>
      sendWhole(response, 200, { model_path: model, tokenizer_path: model, is_generation: true }),
    'GET /get_server_info': (_: Recorded, response: ServerResponse) =>
      sendWhole(response, 200, {
        model_path: model,
        version: '0.5.6',
        context_length: null,
        max_req_input_len: this.#contextLength - 6,
        enable_deterministic_inference: this.#options.isDeterministic === true,
        stream_output: this.#options.streamsPieces === true,
      }),
    'POST /generate': (request: Recorded, response: ServerResponse) => this.#generate(request, response),
    'POST /v1/chat/completions': (request: Recorded, response: ServerResponse) => this.#chat(request, response),
  }

  protected isGuarded(path: string): boolean {
    return path !== '/health'
  }

  protected unauthorized(): Refusal {
    return new Refusal(401, { error: 'Unauthorized' })
  }

  protected notFound(): Refusal {
    return new Refusal(404, { detail: 'Not Found' })
  }

  #check(parameters: Json, text: string, addsSpecial: boolean, maxNewTokens: number): number {
    if (this.#options.isFull) throw refusal(503, 'The request queue is full.')
    const { top_p: topP, top_k: topK } = parameters
    if (typeof topP === 'number' && (topP <= 0 || topP > 1)) throw refusal(400, `top_p must be in (0, 1], got ${topP}.`)
    if (topK === 0) throw refusal(400, 'top_k must be -1 (disable), or at least 1, got 0.')
    if (constraintFields.filter((field) => parameters[field] !== undefined).length > 1) {
      throw refusal(400, 'Only one of regex, json_schema, or ebnf can be set.')
    }
    const tokens = this.tokenise(text, addsSpecial)
    if (tokens + maxNewTokens > this.#contextLength) {
      throw refusal(
        400,
        `Requested token count exceeds the model's maximum context length of ${this.#contextLength} tokens. You requested a total of ${tokens + maxNewTokens} tokens.`,
      )
    }
    return tokens
  }

  async #generate({ body }: Recorded, response: ServerResponse): Promise<void> {
    const { text, sampling_params: given = {}, stream } = body
    if (typeof text !== 'string') throw refusal(400, 'Either text, input_ids or input_embeds should be provided.')
    const parameters = given as Json
    if (parameters['json_schema'] !== undefined && typeof parameters['json_schema'] !== 'string') {
      throw refusal(400, 'json_schema must be a string')
    }
    const maxNewTokens = (parameters['max_new_tokens'] as number | undefined) ?? 128
    const promptTokens = this.#check(parameters, text, true, maxNewTokens)
    this.#note(parameters, parameters['sampling_seed'])
    const stop = parameters['stop'] ?? []
    const stops = typeof stop === 'string' ? [stop] : (stop as string[])
    const said = asSaid(this.answer({ route: 'completion', prompt: text, messages: undefined, body }))
    const tokens: Generated[] = []
    const event = (generated: Generated, from: number): Json => {
      const cut =
        generated.stop === undefined ? generated.text : generated.text.slice(0, generated.text.indexOf(generated.stop))
      const words = tokens.filter(({ token }) => token !== '')
      return {
        text: cut.slice(from),
        meta_info: {
          id: 'a1',
          finish_reason: finishReason(generated, maxNewTokens),
          prompt_tokens: promptTokens,
          completion_tokens: generated.count,
          cached_tokens: 0,
          ...(body['return_logprob'] === true ? logprobsOf(words, Number(body['top_logprobs_num'] ?? 0)) : {}),
        },
      }
    }
    if (stream !== true) {
      for await (const generated of generate(said, stops, maxNewTokens)) tokens.push(generated)
      sendWhole(response, 200, event(tokens.at(-1) as Generated, 0))
      return
    }
    beginStream(response)
    try {
      let sent = 0
      for await (const generated of generate(said, stops, maxNewTokens)) {
        tokens.push(generated)
        response.write(`data: ${JSON.stringify(event(generated, this.#options.streamsPieces ? sent : 0))}\n\n`)
        sent = generated.text.length
        if (this.#options.streamsPieces) tokens.length = 0
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      response.write(`data: ${JSON.stringify(error.body)}\n\n`)
    }
    response.end('data: [DONE]\n\n')
  }

  async #chat({ body }: Recorded, response: ServerResponse): Promise<void> {
    const messages = body['messages'] as readonly Json[]
    const format = body['response_format'] as Json | undefined
    const schema = (format?.['json_schema'] as Json | undefined)?.['schema']
    if (format?.['type'] === 'json_schema' && schema === undefined) throw refusal(400, 'schema is missing')
    const { regex, ebnf } = body
    const parameters = {
      ...body,
      ...(schema === undefined ? {} : { json_schema: JSON.stringify(schema) }),
      ...(regex === undefined ? {} : { regex }),
      ...(ebnf === undefined ? {} : { ebnf }),
    }
    const prompt = JSON.stringify(messages)
    const maxTokens = (body['max_tokens'] as number | undefined) ?? 256
    const promptTokens = this.#check(parameters, prompt, false, maxTokens)
    this.#note(parameters, body['seed'])
    const { stop = [] } = body
    await answerOpenAI(response, asSaid(this.answer({ route: 'chat', prompt, messages, body })), {
      model,
      kind: 'chat',
      body,
      promptTokens,
      stops: typeof stop === 'string' ? [stop] : (stop as string[]),
      maxTokens,
      reasons: { eos: 'stop', stop: 'stop', length: 'length' },
      failure: (error) => error.body,
    })
  }

  #note(parameters: Json, seed: unknown): void {
    this.constraints.push(
      Object.fromEntries(
        constraintFields.filter((field) => parameters[field] !== undefined).map((field) => [field, parameters[field]]),
      ),
    )
    this.seeds.push(this.#options.isDeterministic ? seed : undefined)
  }
}

function finishReason({ end, stop }: Generated, maxNewTokens: number): Json | null {
  if (end === undefined) return null
  return end === 'length' ? { type: 'length', length: maxNewTokens } : { type: 'stop', matched: stop ?? 2 }
}

function logprobsOf(words: readonly Generated[], top: number): Json {
  const entry = (token: string, index: number, rank: number): unknown => [
    logprobOf(index) - rank,
    100 + index,
    rank === 0 ? token : `~${rank}`,
  ]
  return {
    output_token_logprobs: words.map(({ token, count }) => entry(token, count - 1, 0)),
    ...(top === 0
      ? {}
      : {
          output_top_logprobs: words.map(({ token, count }) =>
            Array.from({ length: top }, (_, rank) => entry(token, count - 1, rank)),
          ),
        }),
  }
}

function refusal(status: number, message: string): Refusal {
  return new Refusal(status, { error: { message, type: 'BadRequestError', param: null, code: status } })
}
