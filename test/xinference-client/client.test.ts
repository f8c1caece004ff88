/** Each method against the bytes of Xinference 3.2.1, and of the older servers that differ. */
import { describe, expect, it } from 'vitest'

import type { LaunchOptions, XinferenceClient } from '../../src/index.js'
import { detail, html, json, plainText, whole } from '../support/http-bytes.js'
import { fixture } from '../support/fixtures.js'
import { errorOf } from '../support/outcome-of.js'
import { inTurn, type Script, type ScriptedServer } from '../support/scripted-server.js'
import { listedModel, listRoute, modelList, realRuntime, startServer } from '../support/xinference-server.js'
import { clientOf } from './account-server.js'

const launchRoute = 'POST /v1/models?wait_ready=false'
const described = Object.fromEntries(
  Object.entries(listedModel).filter(([name]) => !['id', 'object', 'created', 'owned_by'].includes(name)),
)

async function serving(
  routes: Readonly<Record<string, Script>>,
  env: Readonly<Record<string, string>> = {},
): Promise<{ server: ScriptedServer; client: XinferenceClient }> {
  const server = await startServer({ routes })
  return { server, client: clientOf(server, {}, realRuntime(env)) }
}

describe('the address', () => {
  it('is that of the environment, else the usual one', async () => {
    const env = { XINFERENCE_ENDPOINT: 'http://gateway/llm/v1/' }
    expect(clientOf({ url: 'http://127.0.0.1:1/v1' }).endpoint).toBe('http://127.0.0.1:1')
    const { XinferenceClient: Client } = await import('../../src/index.js')
    expect(new Client({}, { runtime: realRuntime(env) }).endpoint).toBe('http://gateway/llm')
    expect(new Client({}, { runtime: realRuntime() }).endpoint).toBe('http://127.0.0.1:9997')
  })

  it.each([
    [{ endpoint: 'nowhere' }, 'endpoint'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ apikey: 'k' }, 'apikey'],
  ])('and the other options are checked: %j', async (options, option) => {
    const { XinferenceClient: Client } = await import('../../src/index.js')
    expect(() => new Client(options as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', option }))
  })
})

describe('the server', () => {
  it.each([
    ['with accounts', json(200, { auth: true }), true],
    ['without', json(200, { auth: false }), false],
    ['before 0.8', detail(404, 'Not Found'), false],
    ['before 0.8 with a page', html(404), false],
  ])('%s tells whether it needs a credential', async (_what, script, expected) => {
    const { client } = await serving({ 'GET /v1/cluster/auth': script })
    expect(await client.needsCredential()).toBe(expected)
  })

  it.each([
    ['3, fresh', json(200, { needs_setup: true, initialized: false, password_min_length: 8 }), true],
    ['3', json(200, { needs_setup: false, initialized: true, password_min_length: 8 }), false],
    ['2', detail(404, 'Not Found'), false],
  ])('%s tells whether it needs a first user', async (_what, script, expected) => {
    const { client } = await serving({ 'GET /v1/admin/setup/status': script })
    expect(await client.needsSetup()).toBe(expected)
  })

  it('that has a user takes no first one', async () => {
    const { client } = await serving({ 'POST /v1/admin/setup': detail(403, 'Setup already completed') })
    const error = await errorOf(client.setUp({ username: 'a', password: 'long enough' }))
    expect(error).toMatchObject({ code: 'PERMISSION_DENIED' })
  })

  it('tells its version and its workers', async () => {
    const { client } = await serving({
      'GET /v1/cluster/version': json(200, { version: '3.2.1', 'full-revisionid': 'abc' }),
      'GET /v1/workers': json(200, [{ 'work-ip': '127.0.0.1', models: {} }]),
    })
    expect(await client.version()).toBe('3.2.1')
    expect(await client.listWorkers()).toEqual([{ 'work-ip': '127.0.0.1', models: {} }])
  })

  it.each([
    ['version', 'GET /v1/cluster/version', json(200, {})],
    ['version', 'GET /v1/cluster/version', json(200, null)],
    ['listWorkers', 'GET /v1/workers', json(200, { detail: 'x' })],
    ['listWorkers', 'GET /v1/workers', whole(200, 'text/plain', 'hello')],
    ['listRegistrations', 'GET /v1/model_registrations/LLM', json(200, {})],
  ] as const)('that answers %s in another form is named', async (method, route, script) => {
    const { client } = await serving({ [route]: script })
    expect(await errorOf(client[method]())).toMatchObject({ code: 'MALFORMED_RESPONSE' })
  })

  it('that hangs is left after timeoutMs', async () => {
    const server = await startServer({ routes: { '*': [{ end: 'hang' }] } })
    const client = clientOf(server, { timeoutMs: 30 })
    for (const call of [
      () => client.listModels(),
      () => client.describeModel('a'),
      () => client.launchModel({ modelName: 'a' }),
      () => client.terminateModel('a'),
      () => clientOf(server).listModels({ timeoutMs: 30 }),
    ]) {
      expect(await errorOf(call())).toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('30 ms') })
    }
    await server.allSocketsClosed()
  })

  it('that hangs is left by an abort', async () => {
    const server = await startServer({ routes: { '*': [{ end: 'hang' }] } })
    const stop = new AbortController()
    const failure = errorOf(clientOf(server).terminateModel('a', { signal: stop.signal }))
    await server.received('DELETE /v1/models/a')
    stop.abort()
    expect(await failure).toMatchObject({ code: 'ABORTED' })
    await server.allSocketsClosed()
  })
})

describe('models', () => {
  it('are listed, of every type', async () => {
    const embedding = { id: 'bge', object: 'model', model_type: 'embedding', dimensions: 384, max_tokens: 512 }
    const { client } = await serving({ [listRoute]: modelList(listedModel, embedding) })
    expect(await client.listModels()).toEqual([listedModel, embedding])
  })

  it.each([
    ['another server', json(200, { object: 'list', data: [{ id: 'gpt', object: 'model' }] })],
    ['a web page', html(404)],
    ['nothing of the kind', json(200, { models: [] })],
  ])('of %s are none', async (_what, script) => {
    const { client } = await serving({ [listRoute]: script })
    expect(await errorOf(client.listModels())).toMatchObject({ code: 'WRONG_SERVER' })
  })

  it('are described', async () => {
    const { client } = await serving({ 'GET /v1/models/my-qwen': json(200, described) })
    expect(await client.describeModel('my-qwen')).toEqual(described)
  })

  it.each([
    ['unknown', detail(400, 'Model not found in the model list, uid: x'), 'MODEL_NOT_FOUND'],
    ['loading', detail(503, 'Model is loading, please retry later: x', { 'retry-after': '30' }), 'MODEL_LOADING'],
    ['forbidden', detail(403, 'API key does not have access to model: x'), 'PERMISSION_DENIED'],
  ])('that are %s are not', async (_what, script, code) => {
    const { client } = await serving({ 'GET /v1/models/x': script })
    expect(await errorOf(client.describeModel('x'))).toMatchObject({ code })
  })

  it.each(['a b', 'ä', 'a?b', 'a#b', 'a%2Fb', 'a:b'])('with the uid %j are found', async (uid) => {
    const path = `/v1/models/${encodeURIComponent(uid)}`
    const { client } = await serving({
      [`GET ${path}`]: json(200, described),
      [`DELETE ${path}`]: json(200, null),
    })
    expect(await client.describeModel(uid)).toEqual(described)
    await client.terminateModel(uid)
  })

  it.each(['org/model', 'prompts', '..'])(
    'with the uid %j, which no path leads to, are described by the list',
    async (uid) => {
      const { server, client } = await serving({ [listRoute]: modelList({ ...listedModel, id: uid }) })
      expect(await client.describeModel(uid)).toMatchObject({ id: uid })
      expect(await errorOf(client.describeModel(`${uid}/x`))).toMatchObject({
        code: 'MODEL_NOT_FOUND',
        available: [uid],
      })
      expect(server.requests.every(({ path }) => path === '/v1/models')).toBe(true)
    },
  )

  it.each(['org/model', '', '.', '\ud800'])('with the uid %j cannot be managed', async (uid) => {
    const { server, client } = await serving({})
    for (const call of [
      () => client.terminateModel(uid),
      () => client.listReplicas(uid),
      () => client.launchProgress(uid),
      () => client.cancelLaunch(uid),
      () => client.abortRequest(uid, 'r'),
      () => client.unregisterModel(uid),
      () => client.listEngines(uid),
    ]) {
      expect(await errorOf(call())).toMatchObject({ code: 'INVALID_OPTION' })
    }
    expect(server.requests).toEqual([])
  })

  it('are ended', async () => {
    const { client } = await serving({
      'DELETE /v1/models/a': json(200, null),
      'DELETE /v1/models/b': detail(400, 'Model not found in the model list, uid: b'),
    })
    await client.terminateModel('a')
    expect(await errorOf(client.terminateModel('b'))).toMatchObject({ code: 'MODEL_NOT_FOUND' })
  })
})

describe('a launch', () => {
  const bodies: readonly (readonly [LaunchOptions, Record<string, unknown>])[] = [
    [{ modelName: 'qwen3' }, { model_name: 'qwen3' }],
    [
      {
        modelName: 'qwen3',
        modelUid: 'mine',
        modelType: 'LLM',
        modelEngine: 'llama.cpp',
        modelFormat: 'ggufv2',
        modelSizeInBillions: '0_6',
        quantization: 'Q4_K_M',
        modelPath: '/models/q.gguf',
        replica: 2,
        nGpu: 'cpu',
        workerIp: '10.0.0.2',
        requestLimits: 4,
        downloadHub: 'huggingface',
        enableThinking: false,
        enableVirtualEnv: false,
        virtualEnvPackages: ['a==1'],
        envs: { A_B: 'c' },
        loras: [{ name: 'l', path: '/l' }],
        engineOptions: { n_ctx: 512, reasoning_content: true, 'sampling.top_k': 3, nothing: null, unset: undefined },
      },
      {
        model_name: 'qwen3',
        model_uid: 'mine',
        model_type: 'LLM',
        model_engine: 'llama.cpp',
        model_format: 'ggufv2',
        model_size_in_billions: '0_6',
        quantization: 'Q4_K_M',
        model_path: '/models/q.gguf',
        replica: 2,
        n_gpu: null,
        worker_ip: '10.0.0.2',
        request_limits: 4,
        download_hub: 'huggingface',
        enable_thinking: false,
        enable_virtual_env: false,
        virtual_env_packages: ['a==1'],
        envs: { A_B: 'c' },
        peft_model_config: { lora_list: [{ lora_name: 'l', local_path: '/l' }] },
        n_ctx: 512,
        reasoning_content: true,
        'sampling.top_k': 3,
        nothing: null,
      },
    ],
    [
      { modelName: 'a', nGpu: 'auto', gpuIdx: [0, 1], modelUid: undefined },
      { model_name: 'a', n_gpu: 'auto', gpu_idx: [0, 1] },
    ],
    [
      { modelName: 'a', nGpu: 2, gpuIdx: 0 },
      { model_name: 'a', n_gpu: 2, gpu_idx: 0 },
    ],
  ]

  it.each(bodies)('is sent in the server’s words: %j', async (options, body) => {
    const { server, client } = await serving({ [launchRoute]: json(200, { model_uid: 'mine' }) })
    expect(await client.launchModel(options)).toBe('mine')
    expect(server.bodiesTo(launchRoute)).toEqual([body])
  })

  it.each([
    [{}, 'modelName'],
    [{ modelName: '' }, 'modelName'],
    [{ modelName: 'a', engine: 'vLLM' }, 'engine'],
    [{ modelName: 'a', model_engine: 'vLLM' }, 'model_engine'],
    [{ modelName: 'a', replica: 0 }, 'replica'],
    [{ modelName: 'a', modelSizeInBillions: 0.5 }, 'modelSizeInBillions'],
    [{ modelName: 'a', nGpu: 0 }, 'nGpu'],
    [{ modelName: 'a', modelType: 'llm' }, 'modelType'],
    [{ modelName: 'a', modelUid: 'org/a' }, 'modelUid'],
    [{ modelName: 'a', modelUid: 'a-rep0' }, 'modelUid'],
    [{ modelName: 'a', modelUid: 'instances' }, 'modelUid'],
    [{ modelName: 'a', modelUid: 'x'.repeat(101) }, 'modelUid'],
    [{ modelName: 'a', engineOptions: { n_gpu: 1 } }, 'engineOptions.n_gpu'],
    [{ modelName: 'a', engineOptions: { peft_model_config: {} } }, 'engineOptions.peft_model_config'],
  ])('with %j is refused before it is sent', async (options, option) => {
    const { server, client } = await serving({})
    expect(await errorOf(client.launchModel(options as LaunchOptions))).toMatchObject({
      code: 'INVALID_OPTION',
      option,
    })
    expect(server.requests).toEqual([])
  })

  it.each([
    ['a uid that is taken', detail(400, 'Model is already in the model list, uid: a'), 'INVALID_REQUEST', /already in/],
    ['an engine that is not there', detail(400, 'Engine vLLM is not installed.'), 'INVALID_REQUEST', /vLLM/],
    [
      'a key of server 3',
      detail(403, 'API keys can only access model query and inference endpoints'),
      'PERMISSION_DENIED',
      /username and password/,
    ],
    ['no worker', detail(503, 'No available worker found'), 'SERVER_ERROR', /No available worker/],
    ['a wrong body', plainText(500, 'Internal Server Error: 1 validation error'), 'INVALID_REQUEST', /validation/],
    ['a cancelled one', detail(499, 'Launch cancelled'), 'INVALID_REQUEST', /cancelled/],
    ['no uid', json(200, {}), 'MALFORMED_RESPONSE', /form/],
  ])('fails with %s', async (_what, script, code, message) => {
    const { server, client } = await serving({ [launchRoute]: script })
    expect(await errorOf(client.launchModel({ modelName: 'a' }))).toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
    expect(server.requests).toHaveLength(1)
  })

  describe('under a uid that is taken', () => {
    const taken = detail(400, 'Model is already in the model list, uid: a')
    const states = (...statuses: readonly string[]): Script =>
      json(
        200,
        statuses.map((status, replica_id) => ({ replica_id, status })),
      )
    const replicas = 'GET /v1/models/a/replicas'
    const instances = 'GET /v1/models/instances?model_uid=a'
    const terminate = 'DELETE /v1/models/a'
    const noRoute = detail(404, 'Not Found')

    it.each([
      ['runs', { [replicas]: states('READY') }],
      ['loads', { [replicas]: states('ERROR', 'LOADING') }],
      ['loads on a server before 2', { [replicas]: noRoute, [instances]: states('CREATING') }],
      ['is known no further', { [replicas]: noRoute, [instances]: json(200, []) }],
      ['cannot be looked at', { [replicas]: detail(403, 'Not enough permissions'), [instances]: noRoute }],
      ['has failed and cannot be ended', { [replicas]: states('ERROR'), [terminate]: detail(500, 'oops') }],
    ])('of a model that %s leaves it alone, and says what to do', async (_what, routes) => {
      const { server, client } = await serving({ [launchRoute]: taken, ...routes })
      expect(await errorOf(client.launchModel({ modelName: 'b', modelUid: 'a' }))).toMatchObject({
        code: 'INVALID_REQUEST',
        message: expect.stringMatching(/uid a already: choose another modelUid, or end that one/),
        cause: expect.objectContaining({ status: 400 }),
      })
      expect(server.requestsTo(launchRoute)).toHaveLength(1)
      expect(server.requestsTo(terminate)).toHaveLength(terminate in routes ? 1 : 0)
    })

    it.each([
      ['2 and newer', { [replicas]: states('ERROR', 'ERROR') }],
      ['before 2', { [replicas]: noRoute, [instances]: states('ERROR') }],
    ])('of a launch that failed, on a server %s, launches after ending it', async (_what, routes) => {
      const server = await startServer({
        routes: {
          ...routes,
          [launchRoute]: inTurn(taken, json(200, { model_uid: 'a' })),
          [terminate]: json(200, null),
        },
      })
      expect(await clientOf(server).launchModel({ modelName: 'b', modelUid: 'a' })).toBe('a')
      const paths = server.requests.map(({ method, path }) => `${method} ${path}`)
      expect(paths.slice(-2)).toEqual([terminate, launchRoute])
      expect(server.bodiesTo(launchRoute)[1]).toEqual(server.bodiesTo(launchRoute)[0])
    })

    it('tries that once', async () => {
      const { server, client } = await serving({
        [launchRoute]: taken,
        [replicas]: states('ERROR'),
        [terminate]: detail(400, 'Model not found in the model list, uid: a'),
      })
      expect(await errorOf(client.launchModel({ modelName: 'b', modelUid: 'a' }))).toMatchObject({
        code: 'INVALID_REQUEST',
      })
      expect(server.requestsTo(launchRoute)).toHaveLength(2)
    })
  })

  it('holds no secret of its environment in the log', async () => {
    const server = await startServer({ routes: { [launchRoute]: json(200, { model_uid: 'a' }) } })
    const runtime = realRuntime({ HEADRACE_LOG: 'debug' })
    await clientOf(server, {}, runtime).launchModel({ modelName: 'a', envs: { HF_TOKEN: 'hf_MARKED', HOME_DIR: '/h' } })
    expect(runtime.lines.join()).not.toContain('MARKED')
    expect(runtime.lines.join()).toContain('HOME_DIR')
  })

  it.each([
    ['loads', json(200, [{ replica_id: 0, status: 'LOADING' }])],
    ['is on a server before 2', detail(404, 'Not Found')],
    ['the server does not show yet', json(200, [])],
  ])('that %s is cancelled', async (_what, replicas) => {
    const cancel = 'POST /v1/models/a/cancel'
    const { server, client } = await serving({ 'GET /v1/models/a/replicas': replicas, [cancel]: json(200, null) })
    await client.cancelLaunch('a')
    expect(server.requestsTo(cancel)).toHaveLength(1)
  })

  it('that nobody knows is not cancelled', async () => {
    const { client } = await serving({
      'GET /v1/models/b/replicas': json(200, []),
      'POST /v1/models/b/cancel': detail(500, 'Model b has not been launched yet'),
    })
    expect(await errorOf(client.cancelLaunch('b'))).toMatchObject({ code: 'MODEL_NOT_FOUND' })
  })

  it('that is over is not cancelled: server 4.1.0 would lose the model while it runs', async () => {
    const replicas = json(200, [
      { replica_id: 0, status: 'LOADING' },
      { replica_id: 1, status: 'READY' },
    ])
    const { server, client } = await serving({ 'GET /v1/models/a/replicas': replicas })
    expect(await errorOf(client.cancelLaunch('a'))).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringMatching(/a has 1 of 2 copies ready.*terminateModel/),
    })
    expect(server.requests).toHaveLength(1)
  })

  it.each([
    ['1.5 to 3.1', { progress: 0.25 }, { progress: 0.25, stage: undefined }],
    [
      '3.2',
      { progress: 0.5, stage: 'downloading', download_files: [], replicas: [] },
      { progress: 0.5, stage: 'downloading' },
    ],
    ['of one that nobody knows', { progress: 0 }, { progress: 0, stage: undefined }],
    ['beyond its end', { progress: 1.5 }, { progress: 1, stage: undefined }],
    ['without a number', { progress: null }, { progress: 0, stage: undefined }],
  ])('has a progress: %s', async (_what, raw, expected) => {
    const { client } = await serving({ 'GET /v1/models/a/progress': json(200, raw) })
    expect(await client.launchProgress('a')).toEqual({ ...expected, raw })
  })

  it('has replicas', async () => {
    const raw = {
      replica_id: 0,
      replica_model_uid: 'a-rep0',
      worker_address: 'w:1',
      status: 'ERROR',
      error_message: 'no',
    }
    const { client } = await serving({ 'GET /v1/models/a/replicas': json(200, [raw, {}]) })
    expect(await client.listReplicas('a')).toEqual([
      { id: 0, status: 'ERROR', errorMessage: 'no', workerAddress: 'w:1', raw },
      { id: '', status: 'UNKNOWN', errorMessage: undefined, workerAddress: undefined, raw: {} },
    ])
  })
})

describe('abortRequest', () => {
  it.each(['DONE', 'NOT_FOUND', 'NO_OP'])('is told %s', async (msg) => {
    const route = 'POST /v1/models/a%20b/requests/r%2B1/abort'
    const { server, client } = await serving({ [route]: json(200, { msg }) })
    expect(await client.abortRequest('a b', 'r+1')).toBe(msg)
    expect(server.requestsTo(route)[0]?.body).toBe('{}')
  })

  it('is told nothing that there is', async () => {
    const { client } = await serving({ 'POST /v1/models/a/requests/r/abort': json(200, { msg: 'MAYBE' }) })
    expect(await errorOf(client.abortRequest('a', 'r'))).toMatchObject({ code: 'MALFORMED_RESPONSE' })
  })
})

describe('events', () => {
  it('tell what happened to a model', async () => {
    const bytes = fixture('xinference-4.1.0-events.json').toString()
    const { client } = await serving({
      'GET /v1/models/demo/events': whole(200, 'application/json', bytes),
      'GET /v1/models/nobody/events': json(200, []),
      'GET /v1/models/odd/events': json(200, [{ event_type: 7, event_content: { a: 1 } }]),
      'GET /v1/models/page/events': html(200),
    })
    const events = await client.listEvents('demo')
    expect(events.map(({ type, time }) => [type, time.toISOString()])).toEqual([
      ['INFO', '2026-11-23T05:11:09.000Z'],
      ['ERROR', '2026-11-23T05:11:17.000Z'],
      ['ERROR', '2026-11-23T05:11:17.000Z'],
    ])
    expect(events[1]?.content).toMatch(/request \(1809 tokens\) exceeds/)
    expect(events.map(({ raw }) => raw)).toEqual(JSON.parse(bytes))
    expect(await client.listEvents('nobody')).toEqual([])
    expect(await client.listEvents('odd')).toMatchObject([{ type: 'UNKNOWN', content: '{"a":1}' }])
    expect(await errorOf(client.listEvents('page'))).toMatchObject({ code: 'MALFORMED_RESPONSE' })
  })
})

describe('API keys', () => {
  // As Xinference 4.1.0 lists them.
  const listed = {
    id: 1,
    user_id: 1,
    owner_username: 'admin',
    key_prefix: 'xf-9ZT9',
    name: 'k1',
    description: null,
    enabled: true,
    expires_at: null,
    model_permissions: [{ id: 1, api_key_id: 1, permission_type: 'all', permission_value: null }],
    created_at: '2026-11-23 05:11:18',
  }

  it('are listed', async () => {
    const other = { id: 2, key_prefix: 'xf-0', name: null, enabled: false, expires_at: '2027-01-01 00:00:00' }
    const { client } = await serving({ 'GET /v1/admin/keys': json(200, [listed, other]) })
    expect(await client.listApiKeys()).toEqual([
      { id: 1, name: 'k1', prefix: 'xf-9ZT9', owner: 'admin', isEnabled: true, expiresAt: undefined, raw: listed },
      {
        id: 2,
        name: '',
        prefix: 'xf-0',
        owner: undefined,
        isEnabled: false,
        expiresAt: '2027-01-01 00:00:00',
        raw: other,
      },
    ])
  })

  it('have different names', async () => {
    const { client } = await serving({ 'POST /v1/admin/keys': detail(409, 'API key name already exists') })
    expect(await errorOf(client.createApiKey('k1'))).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('already exists'),
    })
  })

  it('are deleted', async () => {
    const { server, client } = await serving({
      'DELETE /v1/admin/keys/1': json(200, { ok: true }),
      'DELETE /v1/admin/keys/2': detail(404, 'API key not found'),
      'DELETE /v1/admin/keys/3': detail(404, 'Not Found'),
    })
    await client.deleteApiKey(1)
    expect(await errorOf(client.deleteApiKey(2))).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringMatching(/no API key with the id 2/),
    })
    expect(await errorOf(client.deleteApiKey(3))).toMatchObject({ code: 'WRONG_SERVER' })
    expect(await errorOf(client.deleteApiKey('1/../2' as never))).toMatchObject({
      code: 'INVALID_OPTION',
      option: 'id',
    })
    expect(server.requests).toHaveLength(3)
  })
})

describe('the catalogue', () => {
  it('is listed, briefly or in detail', async () => {
    const { client } = await serving({
      'GET /v1/model_registrations/LLM': json(200, [{ model_name: 'qwen3', is_builtin: true }]),
      'GET /v1/model_registrations/embedding?detailed=true': json(200, [{ model_name: 'bge' }]),
    })
    expect(await client.listRegistrations()).toEqual([{ model_name: 'qwen3', is_builtin: true }])
    expect(await client.listRegistrations('embedding', { detailed: true })).toEqual([{ model_name: 'bge' }])
  })

  it('takes models of one’s own, as JSON in JSON, and lets them go', async () => {
    const { server, client } = await serving({
      'POST /v1/model_registrations/LLM': json(200, null),
      'POST /v1/model_registrations/embedding': detail(400, 'Model name conflicts with existing model bge'),
      'DELETE /v1/model_registrations/LLM/mine': json(200, null),
    })
    const model = { version: 2, model_name: 'mine' }
    await client.registerModel(model)
    await client.registerModel(model, { persist: false })
    expect(server.bodiesTo('POST /v1/model_registrations/LLM')).toEqual([
      { model: JSON.stringify(model), persist: true },
      { model: JSON.stringify(model), persist: false },
    ])
    expect(await errorOf(client.registerModel(model, { modelType: 'embedding' }))).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('conflicts'),
    })
    await client.unregisterModel('mine')
  })

  it('tells engines and what was downloaded', async () => {
    const engines = { 'llama.cpp': [{ model_format: 'ggufv2', quantizations: ['q4_k_m'] }], vLLM: 'not installed' }
    const { client } = await serving({
      'GET /v1/engines/qwen3': json(200, engines),
      'GET /v1/cache/models': json(200, { list: [{ model_name: 'qwen3' }] }),
    })
    expect(await client.listEngines('qwen3')).toEqual(engines)
    expect(await client.listCachedModels()).toEqual([{ model_name: 'qwen3' }])
  })
})

describe('neighbours', () => {
  const entry = (index: number, embedding: unknown): object => ({ index, object: 'embedding', embedding })

  it('embeddings come in the order of the input', async () => {
    const route = 'POST /v1/embeddings'
    const { server, client } = await serving({
      [route]: json(200, {
        object: 'list',
        model: 'bge',
        data: [entry(1, [3, 4]), entry(0, [1, 2])],
        usage: { prompt_tokens: -1, total_tokens: -1 },
      }),
    })
    expect(await client.createEmbeddings('bge', ['a', 'b'])).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect(server.bodiesTo(route)).toEqual([{ model: 'bge', input: ['a', 'b'] }])
  })

  it.each([
    ['too few', { data: [entry(0, [1])] }],
    ['sparse ones', { data: [entry(0, { 17: 0.5 }), entry(1, { 3: 1 })] }],
    ['none', {}],
  ])('embeddings: %s are a malformed answer', async (_what, body) => {
    const { client } = await serving({ 'POST /v1/embeddings': json(200, body) })
    expect(await errorOf(client.createEmbeddings('bge', ['a', 'b']))).toMatchObject({ code: 'MALFORMED_RESPONSE' })
  })

  it.each(['createEmbeddings', 'rerank'] as const)('%s of an unknown model', async (method) => {
    const { client } = await serving({
      '*': detail(404, "Model not found in the model list, uid: x. Available model uids: ['bge']"),
    })
    const failure = method === 'rerank' ? client.rerank('x', 'q', ['a']) : client.createEmbeddings('x', 'a')
    expect(await errorOf(failure)).toMatchObject({ code: 'MODEL_NOT_FOUND', available: ['bge'] })
  })

  it('rerank gives the best first', async () => {
    const route = 'POST /v1/rerank'
    const { server, client } = await serving({
      [route]: json(200, {
        id: 'r',
        results: [
          { index: 0, relevance_score: 0.1, document: null },
          { index: 1, relevance_score: 0.9, document: null },
        ],
        meta: { tokens: null },
      }),
    })
    expect(await client.rerank('bge', 'q', ['a', 'b'], { topN: 2 })).toEqual([
      { index: 1, relevanceScore: 0.9 },
      { index: 0, relevanceScore: 0.1 },
    ])
    await client.rerank('bge', 'q', ['a'])
    expect(server.bodiesTo(route)).toEqual([
      { model: 'bge', query: 'q', documents: ['a', 'b'], top_n: 2 },
      { model: 'bge', query: 'q', documents: ['a'] },
    ])
  })
})

describe('close', () => {
  it('closes the connections', async () => {
    const { server, client } = await serving({ [listRoute]: modelList(listedModel) })
    {
      await using _client = client
      await client.listModels()
      expect(server.openSockets).toBe(1)
    }
    await server.allSocketsClosed()
  })
})
