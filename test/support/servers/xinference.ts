import type { ServerResponse } from 'node:http'

import type { EngineName, Refusal as ProfileRefusal, XinferenceProfile } from '../xinference-profiles/profile.js'
import { describeModel, type ProfileModel } from '../xinference-profiles/describe-model.js'
import { profiles } from '../xinference-profiles/profiles.js'
import { keptFields, refuseBody, refuseForModel } from '../xinference-profiles/read-request.js'
import {
  type Asked,
  asSaid,
  EngineServer,
  type EngineServerOptions,
  type Json,
  type Recorded,
  Refusal,
  type Said,
  sendWhole,
} from './engine-server.js'
import { answerOpenAI } from './openai-form.js'

export interface XinferenceServerOptions extends EngineServerOptions {
  /** @defaultValue 'llama.cpp' */
  readonly engine?: EngineName
}

const profile: XinferenceProfile = profiles['4.1']

/**
 * Xinference 4.1 with one model that says what a test wants: its HTTP layer is that of the profile, which refuses and drops
 * what the release does.
 */
export class XinferenceServer extends EngineServer {
  /** What the HTTP layer left of each request. */
  readonly kept: Json[] = []
  readonly #model: ProfileModel

  constructor({ engine = 'llama.cpp', ...options }: XinferenceServerOptions = {}) {
    super(options)
    this.#model = { uid: 'my-qwen', engine, abilities: ['chat', 'tools', 'hybrid'], family: 'qwen-chat' }
  }

  static async start(options?: XinferenceServerOptions): Promise<XinferenceServer> {
    return new XinferenceServer(options).open()
  }

  protected readonly routes = {
    'GET /v1/models': (_: Recorded, response: ServerResponse) =>
      sendWhole(response, 200, {
        object: 'list',
        data: [
          {
            id: this.#model.uid,
            object: 'model',
            created: 0,
            owned_by: 'xinference',
            ...describeModel(profile, this.#model),
          },
        ],
      }),
    'GET /v1/models/my-qwen/events': (_: Recorded, response: ServerResponse) => sendWhole(response, 200, []),
    'POST /v1/chat/completions': (request: Recorded, response: ServerResponse) =>
      this.#answer('chat', request, response),
    'POST /v1/completions': (request: Recorded, response: ServerResponse) =>
      this.#answer('completion', request, response),
  }

  protected isGuarded(): boolean {
    return true
  }

  protected unauthorized(): Refusal {
    return new Refusal(401, { detail: profile.noCredential }, { 'www-authenticate': 'Bearer' })
  }

  protected notFound(): Refusal {
    return refused(profile.noRoute)
  }

  async #answer(kind: 'chat' | 'completion', { body }: Recorded, response: ServerResponse): Promise<void> {
    const isChat = kind === 'chat'
    const uid = String(body['model'])
    const refusal =
      refuseBody(profile, body, isChat) ??
      (uid === this.#model.uid ? undefined : profile.unknownModel(uid)) ??
      (isChat ? refuseForModel(profile, this.#model, body) : undefined)
    if (refusal !== undefined) throw refused(refusal)
    const kept = keptFields(profile, body, isChat)
    this.kept.push(kept)
    const messages = kept['messages'] as readonly Json[] | undefined
    const prompt = isChat ? JSON.stringify(messages) : String(kept['prompt'])
    const { stop = [] } = kept
    await answerOpenAI(response, this.#said({ route: kind, prompt, messages, body: kept }), {
      model: uid,
      kind,
      body: kept,
      promptTokens: this.tokenise(prompt, !isChat),
      stops: typeof stop === 'string' ? [stop] : (stop as string[]),
      maxTokens: (kept['max_tokens'] as number | undefined) ?? 1024,
      reasons: { eos: 'stop', stop: 'stop', length: 'length' },
      failure: (error) => ({ error: (error.body as Json)['detail'] }),
    })
  }

  /** What the engine fails on is an error inside a stream, which has begun by then. */
  #said(asked: Asked): Said {
    try {
      return asSaid(this.answer(asked))
    } catch (error) {
      const isOfEngine = error instanceof Refusal && (error.status === 429 || error.status === 500)
      if (!isOfEngine || asked.body['stream'] !== true) throw error
      return { tokens: failing(error) }
    }
  }
}

// oxlint-disable-next-line require-yield -- It fails before its first token.
function* failing(error: Refusal): Generator<string> {
  throw error
}

function refused({ status, body, headers }: ProfileRefusal): Refusal {
  return new Refusal(status, body, headers)
}
