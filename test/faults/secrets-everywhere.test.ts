/** Every class, every way of giving a key and every careless failure: marked keys are looked for in all that comes out. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { EndpointsClient, InferenceEndpointsLLM, type LLM, Xinference, XinferenceClient } from 'headrace'
import { describe, expect, it, onTestFinished } from 'vitest'

import type { Runtime } from '../../src/contract/runtime.js'
import { loadTokenizer } from '../../src/template/load-tokenizer.js'
import { systemRuntime } from '../../src/transport/system-runtime.js'
import { carelessFaults, failingAfter } from '../support/careless-faults.js'
import { json, stream } from '../support/http-bytes.js'
import { hubAnswer } from '../support/hub-server.js'
import { expectNoSecret, readAllFiles } from '../support/no-secret.js'
import type { RecordedRequest, Script, ScriptedServer } from '../support/scripted-server.js'
import { demoFiles } from '../support/tokenizer-files.js'
import {
  chatAnswer,
  chatStream,
  listedModel,
  modelList,
  realRuntime,
  startServer,
} from '../support/xinference-server.js'

const mark = /MARKED/
const key = 'xf-MARKED0123456789'
const password = 'MARKED horse "battery" \\ staple'
const question = [{ role: 'user', content: 'Hello?' }] as const
const quick = { maxRetries: 1, waitTimeoutMs: 0 } as const

type Good = (request: RecordedRequest, count: number) => Script

interface Used {
  /** What is left to be looked at. */
  readonly owner: object
  readonly steps: readonly (() => Promise<unknown>)[]
}

interface Tools {
  readonly url: string
  readonly runtime: Runtime
  readonly hear: (llm: LLM) => LLM
}

interface Subject {
  readonly good: Good
  readonly env?: Readonly<Record<string, string>>
  /** Whether requests have a key at all. @defaultValue true */
  readonly isKeySent?: boolean
  /** Whether its requests are not logged. @defaultValue false */
  readonly isSilent?: boolean
  readonly use: (tools: Tools) => Used
}

/** Every public way of asking a model. */
function callsOf(llm: LLM): Used {
  onTestFinished(() => llm.unload())
  return {
    owner: llm,
    steps: [
      () => llm.load(),
      () => llm.chat(question),
      () => llm.complete('Hello?', { wireMode: 'json' }),
      () => llm.streamChat(question).response(),
      () => llm.generate([question], { numGenerations: 2 }),
      () => llm.generateOne(question, { wireMode: 'json' }),
    ],
  }
}

const isStreamed = ({ body }: RecordedRequest): boolean => /"stream": ?true/.test(body)

/** Xinference with accounts: whoever gives its password, or sends the key. */
const xinference: Good = (request) => {
  const { method, path } = request
  switch (`${method} ${path}`) {
    case 'POST /token':
      return json(200, { access_token: 'MARKED-access', refresh_token: 'MARKED-refresh', token_type: 'bearer' })
    case 'POST /v1/admin/api-keys':
    case 'POST /v1/admin/keys':
      return json(200, { id: 1, key: 'MARKED-made', name: 'one' })
    case 'GET /v1/models':
      return modelList(listedModel)
    case 'POST /v1/chat/completions':
    case 'POST /v1/completions':
      return isStreamed(request) ? chatStream('Hel', 'lo') : chatAnswer('Hello')
    case 'GET /v1/models/my-qwen/events':
      return json(200, [])
    case 'POST /v1/embeddings':
      return json(200, { data: [{ index: 0, embedding: [0.5] }] })
    case 'POST /v1/models?wait_ready=false':
      return json(200, { model_uid: 'my-qwen' })
    default:
      return json(200, listedModel)
  }
}

const info = {
  model_id: 'org/model',
  max_concurrent_requests: 8,
  max_total_tokens: 256,
  version: '3.3.6',
  router: 'text-generation-router',
}

/** A dedicated endpoint, the management API that names it, the Hub, and the router: each where it is asked. */
const huggingFace: Good = (request) => {
  const { method, path, headers } = request
  const hub = hubAnswer(demoFiles())
  switch (`${method} ${path}`) {
    case 'GET /api/whoami-v2':
      return json(200, { type: 'user', name: 'ana' })
    case 'GET /info':
      return json(200, info)
    case 'GET /v1/models':
      return json(200, { object: 'list', data: [{ id: 'org/model', object: 'model', owned_by: 'org/model' }] })
    case 'POST /v1/chat/completions':
      return isStreamed(request)
        ? stream({ choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] }, '[DONE]')
        : chatAnswer('Hi')
    case 'POST /generate':
      return json(200, { generated_text: 'Hi', details: { finish_reason: 'eos_token', generated_tokens: 1 } })
    case 'POST /generate_stream':
      return stream({
        index: 1,
        token: { id: 1, text: 'Hi', special: false },
        generated_text: 'Hi',
        details: { finish_reason: 'eos_token', generated_tokens: 1 },
      })
    default:
  }
  if (!path.startsWith('/v2/')) return path.includes('org/model') ? hub(request) : json(200, {})
  const endpoint = {
    name: 'mine',
    model: { repository: 'org/model', image: { tgi: { url: 'ghcr.io/x', port: 80, healthRoute: '/health' } } },
    status: { state: 'running', message: 'runs', url: `http://${headers['host']}` },
  }
  return json(200, path.endsWith('/ana') ? { items: [endpoint] } : endpoint)
}

const hubs = ({ url }: Tools): { readonly hubUrl: string; readonly managementUrl: string } => ({
  hubUrl: url,
  managementUrl: `${url}/v2`,
})

function clientSteps(client: XinferenceClient): Used {
  onTestFinished(() => client.close())
  return {
    owner: client,
    steps: [
      () => client.login(),
      () => client.listModels(),
      () => client.describeModel('my-qwen'),
      () => client.launchModel({ modelUid: 'my-qwen', modelName: 'qwen' }),
      () => client.listEvents('my-qwen'),
      () => client.createEmbeddings('my-qwen', ['text']),
      // The one answer that holds a key on purpose.
      () => client.createApiKey('one').then(() => undefined),
      () => client.setUp({ username: 'ana', password }),
    ],
  }
}

const subjects: Readonly<Record<string, Subject>> = {
  'Xinference with a key': {
    good: xinference,
    use: ({ url, runtime, hear }) =>
      callsOf(
        hear(
          new Xinference(
            { endpoint: url, modelUid: 'my-qwen', apiKey: key, headers: { 'x-gateway': 'MARKED gateway' }, ...quick },
            { runtime },
          ),
        ),
      ),
  },
  'Xinference with a login': {
    good: xinference,
    use: ({ url, runtime, hear }) =>
      callsOf(
        hear(new Xinference({ endpoint: url, modelUid: 'my-qwen', username: 'ana', password, ...quick }, { runtime })),
      ),
  },
  'Xinference with a key of the environment': {
    good: xinference,
    env: { XINFERENCE_API_KEY: key },
    use: ({ url, runtime, hear }) =>
      callsOf(hear(new Xinference({ endpoint: url, modelUid: 'my-qwen', ...quick }, { runtime }))),
  },
  'XinferenceClient with a key': {
    good: xinference,
    use: ({ url, runtime }) =>
      clientSteps(new XinferenceClient({ endpoint: url, apiKey: key, maxRetries: 0 }, { runtime })),
  },
  'XinferenceClient with a login': {
    good: xinference,
    env: { XINFERENCE_PASSWORD: password },
    use: ({ url, runtime }) =>
      clientSteps(new XinferenceClient({ endpoint: url, username: 'ana', maxRetries: 0 }, { runtime })),
  },
  'InferenceEndpointsLLM at an address': {
    good: huggingFace,
    use: ({ url, runtime, hear }) =>
      callsOf(hear(new InferenceEndpointsLLM({ baseUrl: url, apiKey: key, ...quick }, { runtime }))),
  },
  'InferenceEndpointsLLM at an address of its own, which is not for HF_TOKEN': {
    good: huggingFace,
    env: { HF_TOKEN: key },
    isKeySent: false,
    use: (tools) =>
      callsOf(
        tools.hear(
          new InferenceEndpointsLLM({ baseUrl: tools.url, tokenizerId: 'org/model', ...hubs(tools), ...quick }, tools),
        ),
      ),
  },
  'InferenceEndpointsLLM at a dedicated endpoint': {
    good: huggingFace,
    use: (tools) =>
      callsOf(
        tools.hear(
          new InferenceEndpointsLLM(
            { endpointName: 'mine', apiKey: key, tokenizerId: 'org/model', ...hubs(tools), ...quick },
            { runtime: tools.runtime },
          ),
        ),
      ),
  },
  'InferenceEndpointsLLM through a router': {
    good: huggingFace,
    use: (tools) =>
      callsOf(
        tools.hear(
          new InferenceEndpointsLLM(
            { modelId: 'org/model', routerUrl: tools.url, apiKey: key, billTo: 'acme', ...hubs(tools), ...quick },
            { runtime: tools.runtime },
          ),
        ),
      ),
  },
  EndpointsClient: {
    good: huggingFace,
    use: (tools) => {
      const client = new EndpointsClient({ apiKey: key, ...hubs(tools) }, { runtime: tools.runtime })
      onTestFinished(() => client.close())
      const fast = { pollMs: 1, timeoutMs: 20 }
      return {
        owner: client,
        steps: [
          () => client.list(),
          () => client.get('mine'),
          () => client.resume('mine'),
          () => client.wait('mine', fast),
          () => client.start('mine', fast),
          () => client.pause('mine'),
          () => client.scaleToZero('mine'),
        ],
      }
    },
  },
  'a tokenizer of the Hub': {
    good: huggingFace,
    isSilent: true,
    use: ({ url, runtime }) => ({
      owner: {},
      steps: [() => loadTokenizer('org/model', { hubUrl: url, token: key, runtime }).then(() => undefined)],
    }),
  },
}

/** Pauses of tenths of a second pass in milliseconds. */
function hurriedRuntime(env: Runtime['env']): ReturnType<typeof realRuntime> {
  const setTimer: Runtime['setTimer'] = (callback, delayMs) => systemRuntime.setTimer(callback, delayMs / 50)
  return { ...realRuntime(env), random: () => 0, setTimer }
}

async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-secrets-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Everything of a request but what belongs into it: the headers of a credential, and the bodies that hold one. */
function restOf({ path, headers, body }: RecordedRequest): string {
  const { authorization: _a, 'x-gateway': _g, ...rest } = headers
  const isLogin = ['/token', '/v1/auth/refresh', '/v1/admin/setup'].includes(path)
  return JSON.stringify([path, rest, isLogin ? '' : body])
}

/** Uses a subject against a server, and looks at all that comes out. @returns the server */
async function examine(
  { use, env = {}, isSilent = false }: Subject,
  server: ScriptedServer,
): Promise<{ readonly failures: number; readonly values: readonly unknown[] }> {
  const home = await scratch()
  const runtime = hurriedRuntime({ HEADRACE_LOG: 'debug', HF_HOME: home, ...env })
  const events: unknown[] = []
  const hear = (llm: LLM): LLM => {
    for (const name of ['llm-start', 'llm-stream', 'llm-end', 'llm-error', 'retry', 'waiting'] as const) {
      llm.callbackManager.on(name, (event) => events.push(event))
    }
    return llm
  }
  const { owner, steps } = use({ url: server.url, runtime, hear })
  let failures = 0
  const values: unknown[] = []
  for (const step of steps) {
    const value = await step().catch((error: unknown) => {
      failures++
      return error
    })
    values.push(value)
    expectNoSecret(value)
  }
  expectNoSecret(owner)
  if ('toJSON' in owner) expectNoSecret((owner as LLM).toJSON())
  expectNoSecret(events)
  expect(runtime.lines.length > 0).toBe(!isSilent)
  expectNoSecret(runtime.lines)
  expectNoSecret(await readAllFiles(home))
  for (const request of server.requests) expect(restOf(request)).not.toMatch(mark)
  return { failures, values }
}

describe.each(Object.entries(subjects))('the secret of %s', (_subject, subject) => {
  it('is sent, and shows nowhere', async () => {
    const server = await startServer({ routes: { '*': subject.good } })
    const { failures, values } = await examine(subject, server)
    expect(failures, JSON.stringify(values)).toBe(0)
    const { isKeySent = true } = subject
    expect(server.requests.some(({ headers, body }) => mark.test(JSON.stringify(headers) + body))).toBe(isKeySent)
  })

  it.each(carelessFaults)('does not come out of %s, whenever it comes', async (_fault, fault) => {
    const elsewhere = await startServer({ routes: { '*': json(404, {}) } })
    for (const count of [0, 2, 5]) {
      const server = await startServer({ routes: { '*': failingAfter(count, subject.good, fault, elsewhere.url) } })
      await examine(subject, server)
      if (server.requests.length <= count) break
    }
    expectNoSecret(elsewhere.requests)
  })
})
