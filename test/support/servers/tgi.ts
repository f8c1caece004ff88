import type { ServerResponse } from 'node:http'

import {
  asSaid,
  beginStream,
  EngineServer,
  type EngineServerOptions,
  generate,
  type Json,
  logprobOf,
  type Recorded,
  Refusal,
  sendWhole,
} from './engine-server.js'
import { answerOpenAI } from './openai-form.js'
import { readTgiParameters, type TgiParameters } from './tgi-parameters.js'

export interface TgiServerOptions extends EngineServerOptions {
  readonly info?: Json
  /** @defaultValue 128 */
  readonly maxConcurrentRequests?: number
  readonly supportsGrammar?: boolean
}

const modelId = 'org/model'
const bodyLimit = 2_000_000

/** Text Generation Inference 3.3.6: https://huggingface.github.io/text-generation-inference. */
export class TgiServer extends EngineServer {
  /** The grammar of each request that was generated for. */
  readonly grammars: unknown[] = []
  /** Whether each of them sampled. */
  readonly sampled: boolean[] = []
  readonly #options: TgiServerOptions
  #running = 0

  constructor(options: TgiServerOptions = {}) {
    super(options)
    this.#options = options
  }

  static async start(options?: TgiServerOptions): Promise<TgiServer> {
    return new TgiServer(options).open()
  }

  get info(): Json {
    return {
      model_id: modelId,
      model_sha: null,
      model_pipeline_tag: 'text-generation',
      max_concurrent_requests: this.#options.maxConcurrentRequests ?? 128,
      max_best_of: 2,
      max_stop_sequences: 4,
      max_input_tokens: 1023,
      max_total_tokens: 1024,
      validation_workers: 2,
      max_client_batch_size: 4,
      router: 'text-generation-router',
      version: '3.3.6',
      sha: null,
      docker_label: null,
      ...this.#options.info,
    }
  }

  protected readonly routes = {
    'GET /info': (_: Recorded, response: ServerResponse) => sendWhole(response, 200, this.info),
    'GET /health': (_: Recorded, response: ServerResponse) => sendWhole(response, 200, ''),
    'GET /v1/models': (_: Recorded, response: ServerResponse) =>
      sendWhole(response, 200, {
        object: 'list',
        data: [{ id: modelId, object: 'model', created: 0, owned_by: modelId }],
      }),
    'POST /generate': (request: Recorded, response: ServerResponse) =>
      this.#permitted(() => this.#generate(request, response)),
    'POST /generate_stream': (request: Recorded, response: ServerResponse) => this.#generateStream(request, response),
    'POST /v1/chat/completions': (request: Recorded, response: ServerResponse) =>
      this.#permitted(() => this.#chat(request, response)),
  }

  protected isGuarded(path: string): boolean {
    return path.startsWith('/generate') || path.startsWith('/v1/chat')
  }

  protected unauthorized(): Refusal {
    return new Refusal(401, '')
  }

  protected notFound(): Refusal {
    return new Refusal(404, '')
  }

  async #permitted<T>(act: () => Promise<T>): Promise<T> {
    if (this.#running >= (this.#options.maxConcurrentRequests ?? 128)) {
      throw new Refusal(429, { error: 'Model is overloaded', error_type: 'overloaded' })
    }
    this.#running++
    try {
      return await act()
    } finally {
      this.#running--
    }
  }

  #read({ text, body }: Recorded): {
    readonly inputs: string
    readonly parameters: TgiParameters
    readonly tokens: number
  } {
    if (text.length > bodyLimit) throw new Refusal(413, 'length limit exceeded')
    const { inputs } = body
    if (typeof inputs !== 'string')
      throw new Refusal(422, 'Failed to deserialize the JSON body: missing field `inputs`')
    const parameters = readTgiParameters(body['parameters'] as Json | undefined, this.info, this.#takesGrammar)
    if (inputs === '') throw invalid('`inputs` cannot be empty')
    return { inputs, parameters, tokens: this.#count(inputs, true, parameters.maxNewTokens) }
  }

  get #takesGrammar(): boolean {
    return this.#options.supportsGrammar !== false
  }

  #count(text: string, addsSpecial: boolean, maxNewTokens: number | undefined): number {
    const tokens = this.tokenise(text, addsSpecial)
    const most = Number(this.info['max_total_tokens'])
    if (tokens > Number(this.info['max_input_tokens'])) {
      throw invalid(`\`inputs\` must have less than ${String(this.info['max_input_tokens'])} tokens. Given: ${tokens}`)
    }
    if (maxNewTokens !== undefined && tokens + maxNewTokens > most) {
      throw invalid(
        `\`inputs\` tokens + \`max_new_tokens\` must be <= ${most}. Given: ${tokens} \`inputs\` tokens and ${maxNewTokens} \`max_new_tokens\``,
      )
    }
    return tokens
  }

  async #generate(request: Recorded, response: ServerResponse): Promise<void> {
    const { inputs, parameters, tokens } = this.#read(request)
    this.#note(parameters)
    const said = asSaid(this.answer({ route: 'completion', prompt: inputs, messages: undefined, body: request.body }))
    const list: Json[] = []
    let last: { text: string; count: number; end: string } = { text: '', count: 0, end: 'eos_token' }
    for await (const { token, text, count, end } of generate(said, parameters.stop, parameters.maxNewTokens ?? 512)) {
      list.push(end === 'eos' ? specialToken : wordToken(token, count))
      last = { text, count: end === 'eos' ? count + 1 : count, end: reasonOf(end) }
    }
    const details = {
      finish_reason: last.end,
      generated_tokens: last.count,
      seed: parameters.seed ?? null,
      prefill: [],
      tokens: list,
      ...(parameters.topTokens > 0
        ? { top_tokens: list.map((token, index) => topTokens(token, index, parameters)) }
        : {}),
    }
    sendWhole(
      response,
      200,
      {
        generated_text: parameters.returnFullText ? inputs + last.text : last.text,
        ...(parameters.details ? { details } : {}),
      },
      {
        'x-compute-type': 'gpu',
        'x-prompt-tokens': String(tokens),
        'x-generated-tokens': String(last.count),
      },
    )
  }

  /** The status is 200 whatever happens; the checks of a request are made inside the stream. */
  async #generateStream(request: Recorded, response: ServerResponse): Promise<void> {
    beginStream(response, { 'x-compute-type': 'gpu', 'x-accel-buffering': 'no' })
    const send = (event: unknown): void => void response.write(`data:${JSON.stringify(event)}\n\n`)
    try {
      await this.#permitted(async () => {
        const { inputs, parameters, tokens } = this.#read(request)
        this.#note(parameters)
        const said = asSaid(
          this.answer({ route: 'completion', prompt: inputs, messages: undefined, body: request.body }),
        )
        for await (const { token, text, count, end } of generate(
          said,
          parameters.stop,
          parameters.maxNewTokens ?? 512,
        )) {
          const wire = end === 'eos' ? specialToken : wordToken(token, count)
          const index = end === 'eos' ? count + 1 : count
          send({
            index,
            token: wire,
            ...(parameters.topTokens > 0 ? { top_tokens: topTokens(wire, index - 1, parameters) } : {}),
            generated_text: end === undefined ? null : parameters.returnFullText ? inputs + text : text,
            details:
              end === undefined || !parameters.details
                ? null
                : {
                    finish_reason: reasonOf(end),
                    generated_tokens: index,
                    seed: parameters.seed ?? null,
                    input_length: tokens,
                  },
          })
        }
      })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      send(error.body)
    }
    response.end()
  }

  async #chat(request: Recorded, response: ServerResponse): Promise<void> {
    const { body } = request
    const messages = body['messages'] as readonly Json[]
    if (!Array.isArray(messages))
      throw new Refusal(422, 'Failed to deserialize the JSON body: missing field `messages`')
    const parameters = readTgiChat(body, this.info, this.#takesGrammar)
    const prompt = JSON.stringify(messages)
    const promptTokens = this.#count(prompt, false, parameters.maxNewTokens)
    this.#note(parameters)
    const said = asSaid(this.answer({ route: 'chat', prompt, messages, body }))
    await answerOpenAI(response, said, {
      model: modelId,
      kind: 'chat',
      body,
      promptTokens,
      stops: parameters.stop,
      maxTokens: parameters.maxNewTokens ?? 512,
      reasons: { eos: 'stop', stop: 'stop_sequence', length: 'length' },
      keepsStop: true,
      id: '',
      failure: ({ status, body: failed }) => ({
        error: { message: (failed as Json)['error'], http_status_code: status },
      }),
    })
  }

  #note({ grammar, samples }: TgiParameters): void {
    this.grammars.push(grammar)
    this.sampled.push(samples)
  }
}

const specialToken: Json = { id: 2, text: '</s>', logprob: -0.01, special: true }

function wordToken(text: string, count: number): Json {
  return { id: 100 + count, text, logprob: logprobOf(count - 1), special: false }
}

function topTokens(token: Json, index: number, { topTokens: count }: TgiParameters): readonly Json[] {
  return Array.from({ length: count }, (_, rank) =>
    rank === 0 ? token : { id: rank, text: `~${rank}`, logprob: logprobOf(index) - rank, special: false },
  )
}

function reasonOf(end: 'eos' | 'stop' | 'length' | undefined): string {
  return end === 'stop' ? 'stop_sequence' : end === 'length' ? 'length' : 'eos_token'
}

function invalid(reason: string): Refusal {
  return new Refusal(422, { error: `Input validation error: ${reason}`, error_type: 'validation' })
}

/** The chat route makes parameters of the native one of its body. */
function readTgiChat(body: Json, info: Json, takesGrammar: boolean): TgiParameters {
  for (const field of ['stream', 'stream_options']) {
    if (body[field] === null)
      throw new Refusal(422, `Failed to deserialize the JSON body: ${field}: invalid type: null`)
  }
  if (body['stop'] !== undefined && !Array.isArray(body['stop'])) {
    throw new Refusal(422, 'Failed to deserialize the JSON body: stop: invalid type: string, expected a sequence')
  }
  if (body['logit_bias'] !== undefined && !Array.isArray(body['logit_bias'])) {
    throw new Refusal(422, 'Failed to deserialize the JSON body: logit_bias: invalid type: map, expected a sequence')
  }
  const format = body['response_format'] as Json | undefined
  if (format !== undefined && !('value' in format)) {
    throw new Refusal(422, 'Failed to deserialize the JSON body: response_format: missing field `value`')
  }
  if (format !== undefined && body['tools'] !== undefined) {
    throw new Refusal(422, { error: 'Tool error: Grammar and tools are mutually exclusive', error_type: 'tool_error' })
  }
  const { temperature, presence_penalty: presence } = body
  return readTgiParameters(
    Object.fromEntries(
      Object.entries({
        ...(temperature === 0 ? { do_sample: false } : { do_sample: true, temperature }),
        repetition_penalty: typeof presence === 'number' ? presence + 2 : undefined,
        frequency_penalty: body['frequency_penalty'],
        max_new_tokens: body['max_tokens'] ?? body['max_completion_tokens'],
        top_p: body['top_p'],
        seed: body['seed'],
        stop: body['stop'],
        top_n_tokens: body['top_logprobs'],
        grammar: format,
      }).filter(([, value]) => value !== undefined),
    ),
    info,
    takesGrammar,
  )
}
