/** The client of dedicated Inference Endpoints against the management API's state machine. */
import { describe, expect, it, onTestFinished } from 'vitest'

import { EndpointsClient, type EndpointsClientOptions, type InferenceEndpoint } from '../../src/index.js'
import { errorOf } from '../support/outcome-of.js'
import { json } from '../support/http-bytes.js'
import { ScriptedServer } from '../support/scripted-server.js'
import {
  ManagementServer,
  type ManagementServerOptions,
  type ServedEndpoint,
} from '../support/servers/management-server.js'
import { realRuntime } from '../support/xinference-server.js'

async function start(
  options: ManagementServerOptions = {},
  clientOptions: EndpointsClientOptions = {},
  env: Readonly<Record<string, string>> = {},
): Promise<{ server: ManagementServer; client: EndpointsClient }> {
  const server = await ManagementServer.start(options)
  onTestFinished(() => server.close())
  const { managementUrl, hubUrl } = server
  const client = new EndpointsClient(
    { apiKey: 'hf_right', managementUrl, hubUrl, ...clientOptions },
    { runtime: realRuntime(env) },
  )
  onTestFinished(() => client.close())
  return { server, client }
}

async function healthy(): Promise<string> {
  const model = await ScriptedServer.start({ routes: { 'GET /health': json(200, {}) } })
  onTestFinished(() => model.close())
  return model.url
}

const one = (more: Partial<ServedEndpoint> = {}): ServedEndpoint => ({ name: 'mine', states: ['running'], ...more })
const fast = { pollMs: 1, timeoutMs: 5000 }

describe('looking', () => {
  it('asks whose key it is once, and lists the endpoints', async () => {
    const { server, client } = await start(
      { endpoints: [one({ url: 'https://x.example' })], key: 'hf_a' },
      { apiKey: 'hf_a' },
    )
    const [endpoint] = await client.list()
    expect(endpoint).toMatchObject({
      name: 'mine',
      namespace: 'ana',
      state: 'running',
      url: 'https://x.example',
      healthRoute: '/health',
      repository: 'org/model',
      image: 'tgi',
      readyReplica: 1,
      scaleToZeroMinutes: 60,
      hardware: 'aws us-east-1 nvidia-l4 x1',
    })
    await client.get('mine')
    expect(server.asked).toEqual(['GET /api/whoami-v2', 'GET /v2/endpoint/ana', 'GET /v2/endpoint/ana/mine'])
    expect(server.requests.every(({ authorization }) => authorization === 'Bearer hf_a')).toBe(true)
  })

  it('needs no question when the namespace is given', async () => {
    const { server, client } = await start({ endpoints: [one()], namespace: 'acme' }, { namespace: 'acme' })
    await client.get('mine')
    expect(server.asked).toEqual(['GET /v2/endpoint/acme/mine'])
  })

  it("an organisation's key needs a namespace", async () => {
    const identity = { type: 'org', name: 'acme' }
    const { client } = await start({ identity, key: 'api_org_1' }, { apiKey: 'api_org_1' })
    expect(await errorOf(client.list())).toMatchObject({
      code: 'INVALID_OPTION',
      option: 'endpointNamespace',
      message: expect.stringContaining('the organisation acme'),
    })
  })

  it.each([
    ['a wrong key', { apiKey: 'hf_wrong' }, 'AUTHENTICATION_FAILED', /HF_TOKEN/],
    ['a namespace that is not there', { namespace: 'nobody' }, 'MODEL_NOT_FOUND', /Namespace nobody/],
  ])('%s is told', async (_what, options, code, message) => {
    const { client } = await start({ endpoints: [one()] }, { namespace: 'ana', ...options })
    const error = await errorOf(client.get('mine'))
    expect(error).toMatchObject({ code, message: expect.stringMatching(message), context: { requestId: 'r-1' } })
    expect(error.message).not.toContain('hf_wrong')
  })

  it('an endpoint that is not there is told', async () => {
    const { client } = await start({ endpoints: [] }, { namespace: 'ana' })
    expect(await errorOf(client.get('other'))).toMatchObject({ code: 'MODEL_NOT_FOUND', status: 404 })
  })

  it('a key of the environment does not go to a host that is not Hugging Face', async () => {
    const { server, client } = await start({}, { apiKey: undefined, namespace: 'ana' }, { HF_TOKEN: 'hf_right' })
    expect(await errorOf(client.list())).toMatchObject({ code: 'AUTHENTICATION_FAILED' })
    expect(server.requests.map(({ authorization }) => authorization)).toEqual([undefined])
  })
})

describe('acting', () => {
  it('resumes, pauses and scales to zero', async () => {
    const { server, client } = await start({ endpoints: [one({ states: ['paused'] })] }, { namespace: 'ana' })
    expect((await client.resume('mine')).state).toBe('pending')
    expect((await client.pause('mine')).state).toBe('paused')
    expect((await client.scaleToZero('mine')).state).toBe('scaledToZero')
    expect(server.asked).toEqual([
      'POST /v2/endpoint/ana/mine/resume',
      'POST /v2/endpoint/ana/mine/pause',
      'POST /v2/endpoint/ana/mine/scale-to-zero',
    ])
  })

  it('resuming what runs already is no failure', async () => {
    const { client } = await start({ endpoints: [one()] }, { namespace: 'ana' })
    expect((await client.resume('mine')).state).toBe('running')
  })
})

describe('waiting', () => {
  it('goes through the states, also one it does not know, until the endpoint answers', async () => {
    const url = await healthy()
    const states: ServedEndpoint['states'] = ['pending', 'rebalancing', 'initializing', 'updating', 'running']
    const { client } = await start({ endpoints: [one({ states, url })] }, { namespace: 'ana' })
    const seen: string[] = []
    const endpoint = await client.wait('mine', { ...fast, onProgress: ({ state }) => seen.push(state) })
    expect(endpoint).toMatchObject({ state: 'running', url })
    expect(seen).toEqual(['pending', 'rebalancing', 'initializing', 'updating', 'running'])
  })

  it('starts one that is stopped, though the state lags behind', async () => {
    const url = await healthy()
    const onResume = ['paused', 'pending', 'running'] as const
    const { server, client } = await start(
      { endpoints: [one({ states: ['paused'], onResume, url })] },
      { namespace: 'ana' },
    )
    expect((await client.start('mine', fast)).state).toBe('running')
    expect(server.asked.filter((line) => line.startsWith('POST'))).toEqual(['POST /v2/endpoint/ana/mine/resume'])
  })

  it.each([
    ['failed', 'LAUNCH_FAILED', /failed to deploy: Out of GPU memory\./],
    ['updateFailed', 'LAUNCH_FAILED', /failed to update: Out of GPU memory\./],
    ['paused', 'LAUNCH_FAILED', /is paused and does not start by itself: resume it/],
    ['scaledToZero', 'LAUNCH_FAILED', /is scaled to zero/],
  ] as const)('ends at once when the endpoint is %s, with the reason', async (state, code, message) => {
    const endpoint = one({ states: ['initializing', state], message: 'Out of GPU memory.' })
    const { client } = await start({ endpoints: [endpoint] }, { namespace: 'ana' })
    expect(await errorOf(client.wait('mine', fast))).toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it('ends with its budget, and says in which state', async () => {
    const { client } = await start({ endpoints: [one({ states: ['initializing'] })] }, { namespace: 'ana' })
    expect(await errorOf(client.wait('mine', { pollMs: 1, timeoutMs: 30 }))).toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('initializing'),
    })
  })

  it('ends when the caller aborts', async () => {
    const { client } = await start({ endpoints: [one({ states: ['initializing'] })] }, { namespace: 'ana' })
    const stop = new AbortController()
    const onProgress = (_endpoint: InferenceEndpoint): void => stop.abort()
    expect(await errorOf(client.wait('mine', { ...fast, signal: stop.signal, onProgress }))).toMatchObject({
      code: 'ABORTED',
    })
  })

  it('goes on while the endpoint runs and does not answer yet', async () => {
    const model = await ScriptedServer.start({
      routes: { 'GET /health': (_request, count) => json(count < 2 ? 503 : 200, {}) },
    })
    onTestFinished(() => model.close())
    const { client } = await start({ endpoints: [one({ url: model.url })] }, { namespace: 'ana' })
    await client.wait('mine', fast)
    expect(model.requestsTo('GET /health')).toHaveLength(3)
  })

  it.each([[{ pollMs: 0 }], [{ timeoutMs: -1 }]])('refuses %j', async (options) => {
    const { client } = await start({ endpoints: [one()] }, { namespace: 'ana' })
    expect(await errorOf(client.wait('mine', options))).toMatchObject({ code: 'INVALID_OPTION' })
  })
})
