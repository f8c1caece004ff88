import { onTestFinished } from 'vitest'

import type { Runtime } from '../../src/contract/runtime.js'
import { Xinference, type XinferenceOptions } from '../../src/index.js'
import { systemRuntime } from '../../src/transport/system-runtime.js'
import { json, stream } from './http-bytes.js'
import {
  type ProfileServer,
  type ProfileServerOptions,
  startProfileServer,
} from './xinference-profiles/profile-server.js'
import { type Answer, type Script, ScriptedServer, type ScriptedServerOptions } from './scripted-server.js'

export const listRoute = 'GET /v1/models'
export const chatRoute = 'POST /v1/chat/completions'
export const completionRoute = 'POST /v1/completions'

/** A running model as Xinference 3.2.1 lists it. */
export const listedModel: Readonly<Record<string, unknown>> = {
  id: 'my-qwen',
  object: 'model',
  created: 0,
  owned_by: 'xinference',
  model_type: 'LLM',
  address: '127.0.0.1:41233',
  accelerators: [],
  model_name: 'qwen2.5-instruct',
  model_lang: ['en', 'zh'],
  model_ability: ['chat', 'tools'],
  model_description: '...',
  model_format: 'ggufv2',
  model_size_in_billions: '0_5',
  model_family: 'qwen2.5-instruct',
  quantization: 'q4_k_m',
  multimodal_projector: null,
  model_hub: 'huggingface',
  revision: null,
  context_length: 32768,
  strict_system_first: false,
  model_engine: 'llama.cpp',
  replica: 1,
}

/** The answer of `GET /v1/models`. */
export function modelList(...models: readonly Readonly<Record<string, unknown>>[]): Script {
  return json(200, { object: 'list', data: models })
}

/** One chunk of a chat stream. */
export function chatChunk(delta: Readonly<Record<string, unknown>>, finishReason: string | null = null): object {
  return {
    choices: [{ finish_reason: finishReason, index: 0, delta }],
    created: 1_790_000_000,
    id: 'chatcmpl-x',
    model: 'my-qwen',
    object: 'chat.completion.chunk',
  }
}

export const usage = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 }

/** The events of a chat stream that says these pieces and is complete. */
export function chatEvents(...pieces: readonly string[]): readonly unknown[] {
  return [
    chatChunk({ role: 'assistant', content: null }),
    ...pieces.map((content) => chatChunk({ content })),
    chatChunk({ content: '' }, 'stop'),
    { id: 'chatcmpl-x', model: 'my-qwen', created: 1, object: 'chat.completion.chunk', choices: [], usage },
    '[DONE]',
  ]
}

/** A complete chat stream. */
export function chatStream(...pieces: readonly string[]): Script {
  return stream(...chatEvents(...pieces))
}

/** A whole chat answer. */
export function chatAnswer(content: string, choice: Readonly<Record<string, unknown>> = {}): Script {
  return json(200, {
    id: 'chat5f1c',
    object: 'chat.completion',
    created: 1_790_000_000,
    model: 'my-qwen',
    choices: [{ index: 0, message: { role: 'assistant', content }, logprobs: null, finish_reason: 'stop', ...choice }],
    usage,
  })
}

/** A complete stream of `/v1/completions`, which never sends `[DONE]`. */
export function completionStream(...pieces: readonly string[]): Script {
  const chunkOf = (text: string, finishReason: string | null): object => ({
    id: 'cmpl-x',
    object: 'text_completion',
    created: 1_790_000_000,
    model: 'my-qwen',
    choices: [{ text, index: 0, logprobs: null, finish_reason: finishReason }],
  })
  return stream(...pieces.map((text) => chunkOf(text, null)), { ...chunkOf('', 'stop'), usage })
}

export interface XinferenceServerOptions extends Omit<ScriptedServerOptions, 'routes'> {
  /** What the one listed model differs in. */
  readonly model?: Readonly<Record<string, unknown>>
  readonly chat?: Answer
  readonly completion?: Answer
  /** Over all others. */
  readonly routes?: Readonly<Record<string, Answer>>
}

/** An Xinference server with one model, until the test ends. */
export async function startXinference(options: XinferenceServerOptions = {}): Promise<ScriptedServer> {
  const { model, chat = chatStream('Hel', 'lo'), completion = completionStream('Hel', 'lo'), routes, ...rest } = options
  return startServer({
    ...rest,
    routes: {
      [listRoute]: modelList({ ...listedModel, ...model }),
      [chatRoute]: chat,
      [completionRoute]: completion,
      ...routes,
    },
  })
}

/** A server with nothing but these options, until the test ends. */
export async function startServer(options: ScriptedServerOptions): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(options)
  onTestFinished(() => server.close())
  return server
}

/** A server of one of the profiles, until the test ends. */
export async function startProfile(options: ProfileServerOptions): Promise<ProfileServer> {
  const started = await startProfileServer(options)
  onTestFinished(() => started.server.close())
  return started
}

/** The real clock with an environment of its own: nothing of the machine's, such as a proxy, gets into a test. */
export function realRuntime(env: Runtime['env'] = {}): Runtime & { readonly lines: string[] } {
  const lines: string[] = []
  return { ...systemRuntime, env, lines, log: (line) => void lines.push(line) }
}

/** A model on the server, until the test ends. */
export function connect(
  server: Pick<ScriptedServer, 'url'>,
  options: Partial<XinferenceOptions> = {},
  runtime: Runtime = realRuntime(),
): Xinference {
  const llm = new Xinference({ endpoint: server.url, modelUid: 'my-qwen', ...options }, { runtime })
  onTestFinished(() => llm.unload())
  return llm
}
