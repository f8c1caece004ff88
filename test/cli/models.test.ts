import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { fixture } from '../support/fixtures.js'
import { detail, html, json } from '../support/http-bytes.js'
import { type Answer, inTurn, type ScriptedServer } from '../support/scripted-server.js'
import { listedModel, listRoute, modelList, startServer } from '../support/xinference-server.js'
import { AccountServer, loginRoute, right, rightKey, setupRoute } from '../xinference-client/account-server.js'
import { type Finished, run, start, startInTerminal } from './command.js'
import { serveModel } from './serve-model.js'

const launchRoute = 'POST /v1/models?wait_ready=false'
const replicasRoute = 'GET /v1/models/q/replicas'
const progressRoute = 'GET /v1/models/q/progress'
const replica = (status: string, error_message: string | null = null): ReturnType<typeof json> =>
  json(200, [{ replica_id: 0, status, error_message }])

/** Of a server that nobody has set up. */
const unset = json(200, { needs_setup: true, initialized: false, password_min_length: 8 })

type Routes = Readonly<Record<string, Answer>>

interface Asker {
  readonly username?: string
  readonly key?: string
  readonly env?: Readonly<Record<string, string>>
}

interface Server {
  readonly server: ScriptedServer
  readonly models: (...args: readonly string[]) => Promise<Finished>
}

async function serving(routes: Readonly<Record<string, Answer>>): Promise<Server> {
  const server = await startServer({ routes })
  return { server, models: (...args) => run(['models', ...args, '--endpoint', server.url]) }
}

describe('headrace models', () => {
  it('helps, also with each of its commands', async () => {
    const { code, stdout, stderr } = await run(['models', '--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const commands = ['list', 'describe', 'events', 'launch', 'wait', 'cancel', 'terminate', 'register', 'unregister']
    commands.push('engines')
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
    const helps = await Promise.all(commands.map((command) => run(['models', command, '--help'])))
    for (const [index, help] of helps.entries()) {
      expect(help.code).toBe(0)
      expect(help.stdout).toContain(`Usage: headrace models ${commands[index]}`)
      for (const option of ['--endpoint', '--api-key', '--username', '--json']) expect(help.stdout).toContain(option)
    }
    const [keys, setup] = await Promise.all([run(['models', 'keys', '--help']), run(['models', 'setup', '--help'])])
    for (const command of ['list', 'create', 'delete']) expect(keys.stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
    expect(setup.stdout).toContain('--setup-token')
    // Nobody can log in before.
    expect(setup.stdout).not.toContain('--api-key')
  })

  it.each([
    [['lst'], /unknown command 'lst' \(Did you mean list\?\)/],
    [['launch'], /missing required argument 'name'/],
    [['launch', 'a', '--option', 'n_ctx'], /key=value/],
    [['launch', 'a', '--type', 'llm'], /--type.*LLM/],
    [['launch', 'a', '--cpu', '--gpus', '1'], /--gpus.*--cpu/],
    [['launch', 'a', '--replica', '0'], /replica must be at least 1, got 0\. \[INVALID_OPTION\]/],
    [['launch', 'a', '--uid', 'org/a'], /slash.*\[INVALID_OPTION\]/],
    [['launch', 'a', '--option', 'model_uid=b'], /give it as modelUid.*\[INVALID_OPTION\]/],
    [['keys', 'delete', 'k1'], /must be a number/],
    [['keys', 'delete', '1.5'], /whole number.*\[INVALID_OPTION\]/],
    [['setup', 'alice'], /XINFERENCE_PASSWORD.*\[INVALID_OPTION\]/],
    [['list', '--endpoint', 'nowhere'], /endpoint.*\[INVALID_OPTION\]/],
    [['list', '--username', 'alice'], /XINFERENCE_PASSWORD.*\[INVALID_OPTION\]/],
    [['list', '--username', 'alice', '--api-key', 'k'], /exclude each other.*\[INVALID_OPTION\]/],
  ])('%j is wrong usage', async (args, message) => {
    const env = args.includes('k') ? { XINFERENCE_PASSWORD: 'p' } : {}
    const { code, stdout, stderr } = await run(['models', ...args], { env })
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(/^headrace: [^\n]*\n$/)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })
})

describe('headrace models list', () => {
  it('is a table', async () => {
    const embedding = { id: 'a\u001b[31m\nb', model_type: 'embedding', model_name: 'bge', context_length: null }
    const { models } = await serving({ [listRoute]: modelList(listedModel, embedding) })
    expect(await models('list')).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'UID      FAMILY            TYPE       ENGINE     CONTEXT  ABILITIES',
        'my-qwen  qwen2.5-instruct  LLM        llama.cpp  32768    chat tools',
        'a[31m b  bge               embedding  -          -        -',
        '',
      ].join('\n'),
    })
  })

  it('is JSON in the server’s own words', async () => {
    const { models } = await serving({ [listRoute]: modelList(listedModel) })
    const { code, stdout } = await models('list', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual([listedModel])
  })

  it('of no models says so', async () => {
    const { server, models } = await serving({ [listRoute]: modelList() })
    expect(await models('list')).toEqual({ code: 0, stdout: '', stderr: `No models are running at ${server.url}.\n` })
    expect(await models('list', '--json')).toEqual({ code: 0, stdout: '[]\n', stderr: '' })
  })

  it('lists what headrace serve serves, at the address of the environment', async () => {
    const llm = await serveModel(['Hello'])
    const env = { XINFERENCE_ENDPOINT: llm.replace('xinference:', 'http:').replace('/demo', '') }
    const { stdout } = await run(['models', 'list'], { env })
    expect(stdout).toMatch(/^UID .*\ndemo .*\n$/)
  })

  it('fails in one sentence, or as JSON', async () => {
    const plain = await run(['models', 'list', '--endpoint', 'http://127.0.0.1:1'])
    expect(plain.stderr).toMatch(/^headrace: Nothing listens at http:\/\/127\.0\.0\.1:1[^\n]*\[CONNECTION_FAILED\]\n$/)
    expect({ code: plain.code, stdout: plain.stdout }).toEqual({ code: 1, stdout: '' })
    const asJSON = await run(['models', 'list', '--json', '--endpoint', 'http://127.0.0.1:1'])
    expect({ code: asJSON.code, stderr: asJSON.stderr }).toEqual({ code: 1, stderr: '' })
    expect(JSON.parse(asJSON.stdout)).toMatchObject({ error: { code: 'CONNECTION_FAILED' } })
  })
})

describe('who asks', () => {
  it('is a key, or a user with a password, and neither shows', async () => {
    const accounts = await AccountServer.start()
    const list = ['models', 'list', '--endpoint', accounts.server.url]
    expect(await run([...list, '--api-key', rightKey])).toMatchObject({ code: 0 })
    expect(await run(list, { env: { XINFERENCE_API_KEY: rightKey } })).toMatchObject({ code: 0 })
    const login = { XINFERENCE_PASSWORD: right.password }
    expect(await run([...list, '--username', 'alice'], { env: login })).toMatchObject({ code: 0 })
    const wrong = await run([...list, '--username', 'alice'], { env: { XINFERENCE_PASSWORD: 'wrong horse' } })
    expect(wrong).toMatchObject({ code: 1, stdout: '' })
    expect(wrong.stderr).toMatch(/^headrace: .*refused the login of alice.*\[AUTHENTICATION_FAILED\]\n$/)
    expect(wrong.stderr).not.toContain('wrong horse')
    const nobody = await run(list)
    expect(nobody.stderr).toMatch(/XINFERENCE_API_KEY.*\[AUTHENTICATION_FAILED\]\n$/)
  })

  it('is asked for the password at a terminal, which does not show it', async () => {
    const accounts = await AccountServer.start()
    const command = startInTerminal(['models', 'list', '--endpoint', accounts.server.url, '--username', 'alice'])
    await command.until(/Password of alice: /)
    command.type(`${right.password}\r`)
    const { code, stdout } = await command.finished
    expect(stdout).toContain('my-qwen')
    expect(stdout).not.toContain('horse')
    expect(code).toBe(0)
    expect(accounts.server.bodiesTo(loginRoute)).toEqual([right])
  })

  it('may refuse to say', async () => {
    const accounts = await AccountServer.start()
    const command = startInTerminal(['models', 'list', '--endpoint', accounts.server.url, '--username', 'alice'])
    await command.until(/Password of alice: /)
    command.type('\u0003')
    expect(await command.finished).toMatchObject({ code: 130 })
    expect(accounts.server.requests).toEqual([])
  })
})

describe('headrace models launch', () => {
  const loading: Readonly<Record<string, Answer>> = {
    [launchRoute]: json(200, { model_uid: 'q' }),
    [replicasRoute]: inTurn(replica('LOADING'), replica('LOADING'), replica('READY')),
    [progressRoute]: inTurn(
      json(200, { progress: 0.25, stage: 'downloading' }),
      json(200, { progress: 0.81, stage: 'loading' }),
    ),
  }

  it('sends what was given, waits, and prints the uid', async () => {
    const { server, models } = await serving(loading)
    const args = ['--uid', 'q', '--engine', 'llama.cpp', '--format', 'ggufv2', '--size', '0.5', '--quantization', 'q4']
    const more = ['--path', '/m.gguf', '--replica', '2', '--cpu', '--option', 'n_ctx=512', '--option', 'flag=true']
    const result = await models('launch', 'qwen3', ...args, ...more, '--option', 'name=a=b')
    expect(result).toEqual({
      code: 0,
      stdout: 'q\n',
      stderr: 'q: downloading 20 %\nq: loading 80 %\nq: ready\n',
    })
    expect(server.bodiesTo(launchRoute)).toEqual([
      {
        model_name: 'qwen3',
        model_uid: 'q',
        model_engine: 'llama.cpp',
        model_format: 'ggufv2',
        model_size_in_billions: '0_5',
        quantization: 'q4',
        model_path: '/m.gguf',
        replica: 2,
        n_gpu: null,
        n_ctx: 512,
        flag: true,
        name: 'a=b',
      },
    ])
  })

  it('sends no more than that', async () => {
    const { server, models } = await serving(loading)
    expect(await models('launch', 'qwen3', '--no-wait')).toEqual({ code: 0, stdout: 'q\n', stderr: '' })
    await models('launch', 'bge', '--type', 'embedding', '--size', '7', '--gpus', '2', '--no-wait')
    expect(server.bodiesTo(launchRoute)).toEqual([
      { model_name: 'qwen3' },
      { model_name: 'bge', model_type: 'embedding', model_size_in_billions: 7, n_gpu: 2 },
    ])
    expect(server.requestsTo(replicasRoute)).toEqual([])
  })

  it('is one JSON object', async () => {
    const { models } = await serving(loading)
    expect(await models('launch', 'qwen3', '--json')).toEqual({
      code: 0,
      stdout: '{"modelUid":"q","ready":true}\n',
      stderr: '',
    })
    expect(await models('launch', 'qwen3', '--json', '--no-wait')).toMatchObject({
      stdout: '{"modelUid":"q","ready":false}\n',
    })
  })

  it('shows a bar at a terminal', async () => {
    const server = await startServer({ routes: loading })
    const { code, stdout } = await startInTerminal(['models', 'launch', 'qwen3', '--endpoint', server.url]).finished
    expect(code).toBe(0)
    expect(stdout).toMatch(/q =+-+ 25 % downloading[^]*q =+ 100 % ready[^]*q\r\n/)
  })

  it('ends with the server’s reason', async () => {
    const failing = { ...loading, [replicasRoute]: replica('ERROR', 'CUDA out of memory') }
    const { models } = await serving(failing)
    const { code, stdout, stderr } = await models('launch', 'qwen3')
    expect(stderr).toMatch(/^headrace: q failed to launch: CUDA out of memory\. \[LAUNCH_FAILED\]\n$/)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    const asJSON = await models('launch', 'qwen3', '--json')
    expect(JSON.parse(asJSON.stdout)).toMatchObject({ error: { code: 'LAUNCH_FAILED' } })
  })

  it('takes as long as --timeout', async () => {
    const { models } = await serving({ ...loading, [replicasRoute]: replica('LOADING') })
    const { code, stderr } = await models('launch', 'qwen3', '--timeout', '0.2')
    expect(stderr).toMatch(/\nheadrace: q was not ready within 200 ms[^\n]*\[TIMEOUT\]\n$/)
    expect(code).toBe(1)
  })

  it('is left by Ctrl-C, and says how to end it', async () => {
    const server = await startServer({ routes: { ...loading, [replicasRoute]: replica('LOADING') } })
    const command = start(['models', 'launch', 'qwen3', '--endpoint', server.url])
    await server.received(progressRoute)
    command.child.kill('SIGINT')
    const { code, stdout, stderr } = await command.finished
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
    expect(stderr).toMatch(/The launch goes on; headrace models cancel q ends it\.\n$/)
    expect(server.requestsTo('POST /v1/models/q/cancel')).toEqual([])
  })

  it.each([
    ['cancelled', json(200, null), /The launch of q is cancelled\.\n$/],
    [
      'not cancelled',
      detail(500, 'oops'),
      /The launch of q may go on, it could not be cancelled: .*\[SERVER_ERROR\]\n$/,
    ],
  ])('is left by Ctrl-C and %s with --cancel-on-interrupt', async (_what, cancel, message) => {
    const cancelRoute = 'POST /v1/models/q/cancel'
    const server = await startServer({
      routes: { ...loading, [replicasRoute]: replica('LOADING'), [cancelRoute]: cancel },
    })
    const command = start(['models', 'launch', 'qwen3', '--cancel-on-interrupt', '--endpoint', server.url])
    await server.received(progressRoute)
    command.child.kill('SIGINT')
    const { code, stdout, stderr } = await command.finished
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
    expect(stderr).toMatch(message)
    expect(server.requestsTo(cancelRoute)).toHaveLength(1)
  })

  it('may be left before the server has answered', async () => {
    const server = await startServer({ routes: { ...loading, [launchRoute]: [{ end: 'hang' }] } })
    const command = start(['models', 'launch', 'qwen3', '--endpoint', server.url])
    await server.received(launchRoute)
    command.child.kill('SIGINT')
    const { code, stderr } = await command.finished
    expect(code).toBe(130)
    expect(stderr).toBe('The server may have begun to launch; headrace models list shows what it runs.\n')
  })

  it('tells how many copies are ready', async () => {
    const copies = (...statuses: readonly string[]): ReturnType<typeof json> =>
      json(
        200,
        statuses.map((status, replica_id) => ({ replica_id, status })),
      )
    const { models } = await serving({
      ...loading,
      [replicasRoute]: inTurn(copies('LOADING', 'LOADING'), copies('READY', 'LOADING'), copies('READY', 'READY')),
    })
    expect((await models('launch', 'qwen3', '--replica', '2')).stderr).toBe(
      ['q: downloading 20 %, 0 of 2 copies are ready', 'q: loading 80 %, 1 of 2 copies are ready', 'q: ready', ''].join(
        '\n',
      ),
    )
  })
})

describe('what can go wrong', () => {
  const launch = ['launch', 'qwen3', '--uid', 'q']
  const login = { username: 'alice', env: { XINFERENCE_PASSWORD: 'wrong horse' } }

  it.each([
    ['a wrong password', { 'POST /token': detail(401, 'Incorrect username or password') }, login, /password.*\[AUTH/],
    ['an expired key', { '*': detail(401, 'API key has expired') }, { key: 'xf-1' }, /API key has expired.*\[AUTH/],
    [
      'a key that may not launch',
      {
        [listRoute]: modelList(),
        [launchRoute]: detail(403, 'API keys can only access model query and inference endpoints'),
      },
      { key: 'xf-1' },
      /use username and password.*\[PERMISSION_DENIED\]/,
    ],
    [
      'a banned address',
      { '*': detail(429, 'Too many failed attempts. IP temporarily banned.') },
      { key: 'xf-1' },
      /wait an hour\. \[ADDRESS_BANNED\]/,
    ],
    [
      'a model that fails to launch',
      { [launchRoute]: json(200, { model_uid: 'q' }), [replicasRoute]: replica('ERROR', 'CUDA out of memory') },
      {},
      /CUDA out of memory\. \[LAUNCH_FAILED\]/,
    ],
    [
      'a uid that is taken',
      { [launchRoute]: detail(400, 'Model is already in the model list, uid: q'), [replicasRoute]: replica('READY') },
      {},
      /uid q already: choose another.*\[INVALID_REQUEST\]/,
    ],
    [
      'an engine that is not there (before 2)',
      { [launchRoute]: detail(400, 'Model qwen3 cannot be run on engine vllm.') },
      {},
      /cannot be run on engine vllm\. \[INVALID_REQUEST\]/,
    ],
    [
      'an engine that is not there',
      {
        [launchRoute]: json(200, { model_uid: 'q' }),
        [replicasRoute]: replica('ERROR', 'Model qwen3 cannot be run on engine nonsense.'),
      },
      {},
      /cannot be run on engine nonsense\. \[LAUNCH_FAILED\]/,
    ],
    [
      'a server without users',
      { '*': detail(401, 'Could not validate credentials'), [setupRoute]: unset },
      {},
      /setup/,
    ],
    ['a web page', { '*': html(404) }, {}, /endpoint.*\[WRONG_SERVER\]/],
  ] as readonly (readonly [string, Routes, Asker, RegExp])[])(
    '%s is one sentence with a code, and no second try',
    async (_what, routes, { username, key, env }, message) => {
      const server = await startServer({ routes })
      const who = username === undefined ? [] : ['--username', username]
      const variables = { ...env, ...(key === undefined ? {} : { XINFERENCE_API_KEY: key }) }
      const { code, stdout, stderr } = await run(['models', ...launch, ...who, '--endpoint', server.url], {
        env: variables,
      })
      expect(stderr).toMatch(/^(?:q: [^\n]*\n)*headrace: [^\n]* \[[A-Z_]+\]\n$/)
      expect(stderr).toMatch(message)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(server.requestsTo(launchRoute).length).toBeLessThanOrEqual(1)
      expect(server.requestsTo(loginRoute)).toHaveLength(username === undefined ? 0 : 1)
      if (username !== undefined) expect(stderr).not.toContain('wrong horse')
    },
  )

  it('a server that is starting is asked again', async () => {
    const server = await startServer({
      routes: { [listRoute]: inTurn([{ end: 'reset' }], html(502), modelList(listedModel)) },
    })
    const { code, stdout } = await run(['models', 'list', '--endpoint', server.url])
    expect(stdout).toContain('my-qwen')
    expect(code).toBe(0)
  })

  it('a server that hangs is left by Ctrl-C, at once', async () => {
    const server = await startServer({ routes: { '*': [{ end: 'hang' }] } })
    const command = start(['models', 'list', '--endpoint', server.url])
    await server.received(listRoute)
    command.child.kill('SIGINT')
    expect(await command.finished).toEqual({ code: 130, stdout: '', stderr: '' })
    await server.allSocketsClosed()
  })

  it('a server that hangs during a launch ends with --timeout', async () => {
    const { models } = await serving({ [launchRoute]: json(200, { model_uid: 'q' }), '*': [{ end: 'hang' }] })
    const { code, stderr } = await models(...launch, '--timeout', '0.2')
    expect(stderr).toMatch(/^headrace: q was not ready within 200 ms[^\n]*\[TIMEOUT\]\n$/)
    expect(code).toBe(1)
  })
})

describe('headrace models describe', () => {
  const described = { ...listedModel, id: undefined, quantization: 'q4\u001b[31m' }

  it('is a table, and one of the copies', async () => {
    const { models } = await serving({
      'GET /v1/models/q': json(200, described),
      [replicasRoute]: json(200, [{ replica_id: 0, status: 'READY', worker_address: '10.0.0.1:4000' }]),
    })
    expect(await models('describe', 'q')).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'uid           q',
        'family        qwen2.5-instruct',
        'type          LLM',
        'engine        llama.cpp',
        'format        ggufv2',
        'size          0_5',
        'quantization  q4[31m',
        'context       32768',
        'abilities     chat tools',
        'REPLICA  STATUS  WORKER         REASON',
        '0        READY   10.0.0.1:4000  -',
        '',
      ].join('\n'),
    })
    expect(JSON.parse((await models('describe', 'q', '--json')).stdout)).toMatchObject({
      model_engine: 'llama.cpp',
      replicas: [{ worker_address: '10.0.0.1:4000' }],
    })
  })

  it('has the copies of one that is not ready, and why', async () => {
    const { models } = await serving({
      'GET /v1/models/q': detail(400, 'Model not found in the model list, uid: q'),
      [replicasRoute]: replica('ERROR', 'CUDA out of memory'),
    })
    expect(await models('describe', 'q')).toEqual({
      code: 0,
      stderr: 'q is not ready.\n',
      stdout: 'REPLICA  STATUS  WORKER  REASON\n0        ERROR   -       CUDA out of memory\n',
    })
  })

  it('works on a server without copies', async () => {
    const { models } = await serving({
      'GET /v1/models/q': json(200, described),
      [replicasRoute]: detail(404, 'Not Found'),
    })
    expect((await models('describe', 'q')).stdout).not.toContain('REPLICA')
  })

  it('of what nobody knows fails', async () => {
    const { models } = await serving({
      'GET /v1/models/q': detail(400, 'Model not found in the model list, uid: q'),
      [replicasRoute]: json(200, []),
    })
    const { code, stdout, stderr } = await models('describe', 'q')
    expect(stderr).toMatch(/^headrace: [^\n]*\[MODEL_NOT_FOUND\]\n$/)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })
})

describe('headrace models events', () => {
  const route = 'GET /v1/models/q/events'

  it('is a table, or the server’s own words', async () => {
    const events = JSON.parse(fixture('xinference-4.1.0-events.json').toString()) as readonly unknown[]
    const { models } = await serving({ [route]: json(200, events.slice(0, 2)) })
    expect((await models('events', 'q')).stdout).toBe(
      [
        'TIME                  TYPE   EVENT',
        '2026-11-23T05:11:09Z  INFO   Launch model',
        '2026-11-23T05:11:17Z  ERROR  [address=127.0.0.1:35941, pid=17702] request (1809 tokens) exceeds the available context size (512 tokens), try increasing it',
        '',
      ].join('\n'),
    )
    expect(JSON.parse((await models('events', 'q', '--json')).stdout)).toEqual(events.slice(0, 2))
  })

  it('may have nothing to tell', async () => {
    const { server, models } = await serving({ [route]: json(200, []) })
    expect(await models('events', 'q')).toEqual({
      code: 0,
      stdout: '',
      stderr: `${server.url} has noted nothing about q.\n`,
    })
  })
})

describe('headrace models keys', () => {
  const route = 'GET /v1/admin/keys'
  const key = { id: 1, key_prefix: 'xf-9ZT9', name: 'k1', owner_username: 'admin', enabled: true, expires_at: null }

  it('list is a table', async () => {
    const { server, models } = await serving({
      [route]: inTurn(json(200, [key, { ...key, id: 2, enabled: false, expires_at: '2027-01-01' }]), json(200, [])),
    })
    expect((await models('keys', 'list')).stdout).toBe(
      [
        'ID  NAME  KEY         OWNER  STATE     EXPIRES',
        '1   k1    xf-9ZT9...  admin  enabled   never',
        '2   k1    xf-9ZT9...  admin  disabled  2027-01-01',
        '',
      ].join('\n'),
    )
    expect(await models('keys', 'list')).toMatchObject({
      stdout: '',
      stderr: `There are no API keys at ${server.url}.\n`,
    })
    expect((await models('keys', 'list', '--json')).stdout).toBe('[]\n')
  })

  it('create prints the key alone', async () => {
    const { server, models } = await serving({
      'POST /v1/admin/keys': inTurn(
        json(201, { id: 7, key: 'xf-0123456789', prefix: 'xf-0123', name: 'k' }),
        json(201, { id: 8, key: 'xf-9876543210', prefix: 'xf-9876', name: 'k' }),
        detail(409, 'API key name already exists.'),
      ),
    })
    expect(await models('keys', 'create', 'k')).toEqual({
      code: 0,
      stdout: 'xf-0123456789\n',
      stderr: 'This is the key k (id 7); it is not shown again.\n',
    })
    expect(await models('keys', 'create', 'k', '--json')).toEqual({
      code: 0,
      stdout: '{"id":8,"name":"k","key":"xf-9876543210"}\n',
      stderr: '',
    })
    expect((await models('keys', 'create', 'k')).stderr).toMatch(/already exists\. \[INVALID_REQUEST\]/)
    expect(server.bodiesTo('POST /v1/admin/keys')[0]).toEqual({ name: 'k' })
  })

  it('delete deletes', async () => {
    const { models } = await serving({
      'DELETE /v1/admin/keys/1': json(200, { ok: true }),
      'DELETE /v1/admin/keys/2': detail(404, 'API key not found'),
    })
    expect(await models('keys', 'delete', '1')).toEqual({ code: 0, stdout: 'The key 1 is deleted.\n', stderr: '' })
    expect((await models('keys', 'delete', '2')).stderr).toMatch(/no API key with the id 2.*\[INVALID_REQUEST\]/)
  })
})

describe('headrace models setup', () => {
  const route = 'POST /v1/admin/setup'

  it('makes the first user, without a login', async () => {
    const { server } = await serving({ [route]: json(201, { id: 1, username: 'alice' }) })
    const args = ['models', 'setup', 'alice', '--setup-token', 't1', '--endpoint', server.url]
    const env = { XINFERENCE_PASSWORD: 'correct horse', XINFERENCE_API_KEY: 'xf-1' }
    expect(await run(args, { env })).toEqual({
      code: 0,
      stdout: `alice is the first user of ${server.url}.\n`,
      stderr: '',
    })
    expect(server.bodiesTo(route)).toEqual([{ username: 'alice', password: 'correct horse', setup_token: 't1' }])
    expect(server.requests).toHaveLength(1)
    expect(server.requests[0]?.headers).not.toHaveProperty('authorization')
    expect((await run([...args, '--json'], { env })).stdout).toBe('{"username":"alice"}\n')
  })

  it('fails where there is a user', async () => {
    const { server } = await serving({
      [route]: detail(403, 'Setup already completed; an account already exists.'),
    })
    const { code, stderr } = await run(['models', 'setup', 'alice', '--endpoint', server.url], {
      env: { XINFERENCE_PASSWORD: 'correct horse' },
    })
    expect(stderr).toMatch(/^headrace: .*Setup already completed.*\[PERMISSION_DENIED\]\n$/)
    expect(code).toBe(1)
  })

  it.each([
    ['correct horse', 0, /is the first user/],
    ['correct hose', 2, /two passwords differ/],
  ])('asks for the password twice at a terminal (%s)', async (again, code, message) => {
    const { server } = await serving({ [route]: json(201, { id: 1, username: 'alice' }) })
    const command = startInTerminal(['models', 'setup', 'alice', '--endpoint', server.url])
    await command.until(/New password of alice: /)
    command.type('correct horse\r')
    await command.until(/The same again: /)
    command.type(`${again}\r`)
    const finished = await command.finished
    expect(finished.stdout).toMatch(message)
    expect(finished.stdout).not.toContain('horse')
    expect(finished.code).toBe(code)
    expect(server.requests).toHaveLength(code === 0 ? 1 : 0)
  })
})

describe('headrace models', () => {
  it('wait waits', async () => {
    const { models } = await serving({ [replicasRoute]: inTurn(replica('LOADING'), replica('READY')) })
    expect(await models('wait', 'q')).toEqual({ code: 0, stdout: 'q\n', stderr: 'q: launching 0 %\nq: ready\n' })
    expect(await models('wait', 'q', '--json')).toEqual({
      code: 0,
      stdout: '{"modelUid":"q","ready":true}\n',
      stderr: '',
    })
  })

  it('cancel ends a launch', async () => {
    const { models } = await serving({
      [replicasRoute]: inTurn(replica('LOADING'), replica('READY')),
      'POST /v1/models/q/cancel': json(200, null),
    })
    expect(await models('cancel', 'q')).toEqual({ code: 0, stdout: 'The launch of q is cancelled.\n', stderr: '' })
    expect((await models('cancel', 'q')).stderr).toMatch(/q is ready.*terminateModel\. \[INVALID_REQUEST\]/)
  })

  it('terminate ends', async () => {
    const { models } = await serving({
      'DELETE /v1/models/q': json(200, null),
      'DELETE /v1/models/x': detail(400, 'Model not found in the model list, uid: x'),
    })
    expect(await models('terminate', 'q')).toEqual({ code: 0, stdout: 'q is ended.\n', stderr: '' })
    const { code, stderr } = await models('terminate', 'x')
    expect(stderr).toMatch(/^headrace: [^\n]*uid: x\. \[MODEL_NOT_FOUND\]\n$/)
    expect(code).toBe(1)
  })

  it('register and unregister', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'headrace-models-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const file = join(folder, 'mine.json')
    const model = { version: 2, model_name: 'mine' }
    await writeFile(file, JSON.stringify(model, undefined, 2))
    const route = 'POST /v1/model_registrations/LLM'
    const { server, models } = await serving({
      [route]: json(200, null),
      'DELETE /v1/model_registrations/embedding/mine': json(200, null),
    })
    expect(await models('register', file)).toEqual({ code: 0, stdout: 'mine can be launched.\n', stderr: '' })
    const endpoint = ['--endpoint', server.url]
    const piped = await run(['models', 'register', '-', '--no-persist', '--json', ...endpoint], {
      input: JSON.stringify(model),
    })
    expect(piped).toEqual({ code: 0, stdout: '{"modelName":"mine"}\n', stderr: '' })
    expect(server.bodiesTo(route)).toEqual([
      { model: JSON.stringify(model), persist: true },
      { model: JSON.stringify(model), persist: false },
    ])
    expect(await models('unregister', 'mine', '--type', 'embedding')).toMatchObject({ code: 0 })
  })

  it.each([
    ['no file', undefined, 'FILE_UNREADABLE', 1],
    ['no JSON', '{"model_name"', 'INVALID_OPTION', 2],
    ['no model', '[]', 'INVALID_OPTION', 2],
  ])('register refuses %s', async (_what, text, code, exitCode) => {
    const folder = await mkdtemp(join(tmpdir(), 'headrace-models-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const file = join(folder, 'model.json')
    if (text !== undefined) await writeFile(file, text)
    const { server, models } = await serving({})
    const result = await models('register', file)
    expect(result.stderr).toMatch(new RegExp(`^headrace: [^\\n]*model\\.json [^\\n]*\\[${code}\\]\\n$`))
    expect(result.code).toBe(exitCode)
    expect(server.requests).toEqual([])
  })

  it('engines lists those that can, and why others cannot', async () => {
    const engines = {
      'llama.cpp': [
        { model_format: 'ggufv2', model_size_in_billions: '0_5', quantizations: ['q4_k_m', 'q8_0'] },
        { model_format: 'ggufv2', model_size_in_billions: 7, quantizations: [] },
      ],
      vLLM: 'vLLM is not installed',
    }
    const { models } = await serving({ 'GET /v1/engines/qwen3': json(200, engines) })
    expect((await models('engines', 'qwen3')).stdout).toBe(
      [
        'ENGINE     FORMAT  SIZE  QUANTIZATIONS',
        'llama.cpp  ggufv2  0_5   q4_k_m q8_0',
        'llama.cpp  ggufv2  7     -',
        'vLLM       not available: vLLM is not installed',
        '',
      ].join('\n'),
    )
    expect(JSON.parse((await models('engines', 'qwen3', '--json')).stdout)).toEqual(engines)
  })
})
