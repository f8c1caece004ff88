import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { detail, json } from '../support/http-bytes.js'
import { type Answer, inTurn, type ScriptedServer } from '../support/scripted-server.js'
import { listedModel, listRoute, modelList, startServer } from '../support/xinference-server.js'
import { AccountServer, loginRoute, right, rightKey } from '../xinference-client/account-server.js'
import { type Finished, run, start, startInTerminal } from './command.js'
import { serveModel } from './serve-model.js'

const launchRoute = 'POST /v1/models?wait_ready=false'
const replicasRoute = 'GET /v1/models/q/replicas'
const progressRoute = 'GET /v1/models/q/progress'
const replica = (status: string, error_message: string | null = null): ReturnType<typeof json> =>
  json(200, [{ replica_id: 0, status, error_message }])

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
    const commands = ['list', 'launch', 'wait', 'terminate', 'register', 'unregister', 'engines']
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
    const helps = await Promise.all(commands.map((command) => run(['models', command, '--help'])))
    for (const [index, help] of helps.entries()) {
      expect(help.code).toBe(0)
      expect(help.stdout).toContain(`Usage: headrace models ${commands[index]}`)
      for (const option of ['--endpoint', '--api-key', '--username', '--json']) expect(help.stdout).toContain(option)
    }
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
    expect(stderr).toMatch(/The launch goes on; headrace models terminate q ends it\.\n$/)
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
