import { mkdir, writeFile } from 'node:fs/promises'

import { onTestFinished } from 'vitest'

import { InferenceEndpointsLLM, type InferenceEndpointsOptions } from 'headrace'

import { json } from '../support/http-bytes.js'
import { type RecordedRequest, type Script, ScriptedServer } from '../support/scripted-server.js'
import { bosFiles } from '../support/tokenizer-files.js'
import { realRuntime } from '../support/xinference-server.js'

export const generateRoute = 'POST /generate'

/** What a request asked. */
export interface Turn {
  readonly prompt: string
  readonly seed: number | undefined
  readonly stop: readonly string[]
  /** Whether the model is to write as the user. */
  readonly isUser: boolean
}

/** What the model says: its text, or one that was cut off, or what the server does instead. */
export type Talk = (turn: Turn, count: number) => string | { readonly cut: string } | Script

const info = {
  model_id: 'org/model',
  max_stop_sequences: 4,
  max_input_tokens: 4095,
  max_total_tokens: 4096,
  router: 'text-generation-router',
  version: '3.3.6',
}

/** TGI with a model of which a test says what it says; it puts a BOS token before every text. */
export async function startTalker(talk: Talk): Promise<ScriptedServer> {
  const server = await ScriptedServer.start({
    routes: {
      'GET /info': json(200, info),
      'GET /v1/models': json(200, { object: 'list', data: [{ id: 'org/model', object: 'model', owned_by: 'org' }] }),
      [generateRoute]: (request, count) => toScript(talk(turnOf(request), count)),
    },
  })
  onTestFinished(() => server.close())
  return server
}

function toScript(said: ReturnType<Talk>): Script {
  if (Array.isArray(said)) return said as Script
  const { cut } = typeof said === 'string' ? { cut: undefined } : (said as { readonly cut: string })
  return json(200, {
    generated_text: cut ?? said,
    details: {
      finish_reason: cut === undefined ? 'eos_token' : 'length',
      generated_tokens: 3,
      seed: 1,
      prefill: [],
      tokens: [],
    },
  })
}

function turnOf(request: RecordedRequest): Turn {
  const { inputs, parameters } = JSON.parse(request.body) as {
    inputs: string
    parameters: { seed?: number; stop?: readonly string[] }
  }
  return {
    prompt: inputs,
    seed: parameters.seed,
    stop: parameters.stop ?? [],
    isUser: inputs.endsWith('<|im_start|>user\n'),
  }
}

/** All turns that the server was asked for, in the order in which they came. */
export function turnsOf(server: ScriptedServer): readonly Turn[] {
  return server.requestsTo(generateRoute).map(turnOf)
}

/** A folder with a tokenizer of this chat template, whose server puts the BOS token before every text. */
export async function writeTokenizer(folder: string, config: Readonly<Record<string, unknown>>): Promise<string> {
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(bosFiles(config))) await writeFile(`${folder}/${name}`, text)
  return folder
}

/** The server's model, asked for plain JSON, until the test ends. */
export function talkerOn(
  server: Pick<ScriptedServer, 'url'>,
  options: Partial<InferenceEndpointsOptions> & { readonly tokenizerId: string },
): InferenceEndpointsLLM {
  const llm = new InferenceEndpointsLLM(
    { baseUrl: server.url, wireMode: 'json', ...options },
    { runtime: realRuntime() },
  )
  onTestFinished(() => llm.unload())
  return llm
}
