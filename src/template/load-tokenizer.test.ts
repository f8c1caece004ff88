import { lstat, mkdir, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { etagOf, hubCommit, startHub } from '../../test/support/hub-server.js'
import { json, whole } from '../../test/support/http-bytes.js'
import { ManualRuntime } from '../../test/support/manual-runtime.js'
import { type Answer, inTurn, ScriptedServer } from '../../test/support/scripted-server.js'
import { demoFiles } from '../../test/support/tokenizer-files.js'
import { systemRuntime } from '../transport/system-runtime.js'
import { loadTokenizer } from './load-tokenizer.js'
import type { Tokenizer } from './tokenizer.js'
import type { TokenizerSource } from './tokenizer-source.js'

const servers: ScriptedServer[] = []
let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'headrace-hub-'))
})
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
  await rm(home, { recursive: true, force: true })
})

async function hub(
  files: Readonly<Record<string, string>> = demoFiles(),
  routes?: Readonly<Record<string, Answer>>,
): Promise<ScriptedServer> {
  const server = await startHub(files, routes)
  servers.push(server)
  return server
}

/** From a Hub, with an environment of its own. */
function load(
  server: ScriptedServer | undefined,
  source: TokenizerSource = {},
  env = {},
  id = 'org/model',
): Promise<Tokenizer> {
  const runtime = {
    ...systemRuntime,
    env: { HF_HOME: home, ...(server === undefined ? {} : { HF_ENDPOINT: server.url }), ...env },
    random: () => 0,
  }
  return loadTokenizer(id, { runtime, ...source })
}

const pathsOf = (server: ScriptedServer): readonly string[] =>
  server.requests.map(({ path }) => path.replace('/org/model/resolve/', '')).toSorted()
const repository = (): string => join(home, 'hub', 'models--org--model')

describe('from a folder', () => {
  it('reads its files, a template of its own first', async () => {
    const files = { ...demoFiles(), 'chat_template.jinja': '{{ 1 }}' }
    for (const [name, text] of Object.entries(files)) await writeFile(join(home, name), text)
    await mkdir(join(home, 'additional_chat_templates'))
    await writeFile(join(home, 'additional_chat_templates', 'tool_use.jinja'), '{{ 2 }}')
    const { chatTemplates } = await loadTokenizer(home)
    expect([...chatTemplates].map(([name, { source }]) => [name, source])).toEqual([
      ['tool_use', '{{ 2 }}'],
      ['default', '{{ 1 }}'],
    ])
  })

  it.each([
    ['no file at all', {}, 'MODEL_FILE', 'no tokenizer.json and no tokenizer_config.json in the folder'],
    ['no tokenizer', { 'tokenizer_config.json': '{}' }, 'MODEL_FILE', 'no tokenizer.json in the folder'],
    ['a broken one', { 'tokenizer.json': '{"model":' }, 'MODEL_FILE', 'tokenizer.json in the folder'],
    ['a foreign one', { 'tokenizer.json': '{"model":{}}' }, 'MODEL_FILE', 'cannot be used'],
  ])('tells of %s', async (_, files, code, message) => {
    for (const [name, text] of Object.entries(files)) await writeFile(join(home, name), text)
    await expect(loadTokenizer(home)).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  })

  it.each(['./missing', '/missing/too', '~/missing', 'a/b/c'])('that is not there: %s', async (id) => {
    await expect(loadTokenizer(id)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })
})

describe('from the Hub', () => {
  it("downloads once, into the cache in the Python library's layout", async () => {
    const server = await hub()
    const tokenizer = await load(server)
    expect(tokenizer.chatTemplate().source).toContain('<|im_start|>')
    expect(pathsOf(server)).toEqual(
      [
        `${hubCommit}/chat_template.jinja`,
        `${hubCommit}/tokenizer.json`,
        `/api/models/org/model/tree/${hubCommit}/additional_chat_templates`,
        'main/tokenizer_config.json',
      ].toSorted(),
    )
    const snapshot = join(repository(), 'snapshots', hubCommit)
    expect(await readFile(join(repository(), 'refs', 'main'), 'utf8')).toBe(hubCommit)
    expect(await readlink(join(snapshot, 'tokenizer.json'))).toBe(join('..', '..', 'blobs', etagOf('tokenizer.json')))
    expect(await readFile(join(snapshot, 'tokenizer.json'), 'utf8')).toBe(demoFiles()['tokenizer.json'])
    expect((await lstat(join(repository(), '.no_exist', hubCommit, 'chat_template.jinja'))).size).toBe(0)
    await load(server)
    await load(server, { offline: true })
    await load(undefined, {}, { HF_HUB_OFFLINE: '1' })
    await load(server, { revision: hubCommit })
    expect(server.requests).toHaveLength(4)
  })

  it('asks for what the cache lacks at the same commit', async () => {
    const server = await hub()
    await load(server)
    await rm(join(repository(), 'snapshots', hubCommit, 'tokenizer.json'))
    await load(server)
    expect(server.requests.slice(4).map(({ path }) => path)).toEqual([`/org/model/resolve/${hubCommit}/tokenizer.json`])
  })

  it('takes templates of their own, the named ones too', async () => {
    const files = { ...demoFiles(), 'chat_template.jinja': '{{ 1 }}', 'additional_chat_templates/rag.jinja': '{{ 2 }}' }
    const server = await hub(files)
    for (const { chatTemplates } of [await load(server), await load(server, { offline: true })]) {
      expect([...chatTemplates.keys()].toSorted()).toEqual(['default', 'rag'])
      expect(chatTemplates.get('rag')?.source).toBe('{{ 2 }}')
    }
  })

  it('reads what older repositories have', async () => {
    const { 'tokenizer.json': tokenizer = '' } = demoFiles()
    const server = await hub({
      'tokenizer.json': tokenizer,
      'special_tokens_map.json': '{"bos_token":{"content":"<|im_start|>"}}',
      'chat_template.json': '{"chat_template":"{{ bos_token }}"}',
    })
    const loaded = await load(server)
    expect(loaded.specialTokens).toEqual({ bos_token: '<|im_start|>' })
    expect(loaded.chatTemplate().render({ messages: [] })).toBe('<|im_start|>')
  })

  it('works without a cache that can be written', async () => {
    await writeFile(join(home, 'file'), '')
    const server = await hub()
    await expect(load(server, { cacheDir: join(home, 'file') })).resolves.toBeDefined()
  })

  it('says what to do offline', async () => {
    const server = await hub()
    await expect(load(server, {}, { HF_HUB_OFFLINE: 'true' })).rejects.toMatchObject({
      code: 'MODEL_FILE',
      message: expect.stringContaining(repository()),
    })
    expect(server.requests).toEqual([])
    const port = server.port
    await server.close()
    servers.length = 0
    const runtime = {
      ...systemRuntime,
      env: { HF_HOME: home },
      setTimer: (callback: () => void) => (queueMicrotask(callback), () => undefined),
    }
    await expect(
      loadTokenizer('org/model', { runtime, hubUrl: `http://127.0.0.1:${port}`, timeoutMs: Infinity }),
    ).rejects.toMatchObject({ code: 'CONNECTION_FAILED', message: expect.stringContaining('hf download org/model') })
  })
})

describe('the token', () => {
  const token = 'hf_secret0123456789'
  const route = 'GET /org/model/resolve/main/tokenizer_config.json'

  it('goes to the Hub and to no host that it redirects to', async () => {
    const files = demoFiles()
    const content = await ScriptedServer.start({
      routes: { '*': whole(200, 'text/plain', files['tokenizer.json'] ?? '') },
    })
    servers.push(content)
    const moved = json(
      302,
      {},
      {
        location: `${content.url}/blob?signature=1`,
        'x-repo-commit': hubCommit,
        'x-linked-etag': '"abc"',
      },
    )
    const server = await hub(files, { [`GET /org/model/resolve/${hubCommit}/tokenizer.json`]: moved })
    await load(server, { token })
    expect(server.requests.every(({ headers }) => headers['authorization'] === `Bearer ${token}`)).toBe(true)
    expect(content.requests.map(({ path, headers }) => [path, headers['authorization']])).toEqual([
      ['/blob?signature=1', undefined],
    ])
  })

  it('follows a repository that was renamed', async () => {
    const moved: Answer = ({ path }) => json(307, {}, { location: path.replace('/org/old/', '/org/model/') })
    const routes = Object.fromEntries(
      ['main/tokenizer_config.json', `${hubCommit}/tokenizer.json`, `${hubCommit}/chat_template.jinja`].map((path) => [
        `GET /org/old/resolve/${path}`,
        moved,
      ]),
    )
    const tree = `GET /api/models/org/old/tree/${hubCommit}/additional_chat_templates`
    const server = await hub(demoFiles(), { ...routes, [tree]: json(404, {}) })
    await expect(load(server, {}, {}, 'org/old')).resolves.toBeDefined()
  })

  it('of the environment goes to no other host than the Hub', async () => {
    const server = await hub()
    await writeFile(join(home, 'token'), token)
    await load(server, {}, { HF_TOKEN: token })
    expect(server.requests.map(({ headers }) => headers['authorization'])).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })

  it('is in no error', async () => {
    const answer: Answer = ({ headers }) => json(500, {}, { 'x-error-message': headers['authorization'] ?? '' })
    const server = await hub(demoFiles(), { [route]: answer })
    const error: unknown = await load(server, { token }).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(Error)
    expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain(token)
  })

  it.each([
    [401, 'GatedRepo', undefined, 'AUTHENTICATION_FAILED', 'accept its conditions at'],
    [403, 'GatedRepo', token, 'PERMISSION_DENIED', 'has no access: ask for it at'],
    [401, 'RepoNotFound', undefined, 'MODEL_NOT_FOUND', 'if it is private, set HF_TOKEN'],
    [404, 'RepoNotFound', token, 'MODEL_NOT_FOUND', 'check its name'],
    [404, 'RevisionNotFound', token, 'MODEL_NOT_FOUND', 'has no revision "main"'],
    [401, '', token, 'AUTHENTICATION_FAILED', 'does not accept the token'],
    [401, '', undefined, 'AUTHENTICATION_FAILED', 'wants a token'],
    [403, '', token, 'PERMISSION_DENIED', 'does not let this token read'],
    [400, '', token, 'SERVER_ERROR', 'status 400'],
    [
      404,
      'EntryNotFound',
      token,
      'MODEL_FILE',
      'no tokenizer.json and no tokenizer_config.json in org/model (main) at',
    ],
  ])('%d %s with %s', async (status, code, given, expected, message) => {
    const server = await hub({}, { [route]: json(status, {}, { 'x-error-code': code }) })
    await expect(load(server, { token: given })).rejects.toMatchObject({
      code: expected,
      message: expect.stringContaining(message),
    })
  })
})

describe('the way to the Hub', () => {
  const route = 'GET /org/model/resolve/main/tokenizer_config.json'
  const { 'tokenizer_config.json': config = '' } = demoFiles()
  const found = whole(200, 'text/plain', config, { 'x-repo-commit': hubCommit, etag: '"abc"' })

  it('is tried again where that may help', async () => {
    const server = await hub(demoFiles(), {
      [route]: inTurn(json(503, {}), json(429, {}, { 'retry-after': '0' }), found),
    })
    await load(server)
    expect(server.requestsTo(route)).toHaveLength(3)
  })

  it('is given up after three times', async () => {
    const server = await hub(demoFiles(), { [route]: json(503, {}) })
    await expect(load(server)).rejects.toMatchObject({ code: 'SERVER_ERROR' })
    expect(server.requestsTo(route)).toHaveLength(3)
  })

  it('ends where redirects go round', async () => {
    const server = await hub(demoFiles(), { [route]: json(302, {}, { location: route.slice(4) }) })
    await expect(load(server)).rejects.toMatchObject({ code: 'WRONG_SERVER' })
  })

  it('has an end', async () => {
    const server = await hub(demoFiles(), { [route]: [{ end: 'hang' }] })
    const runtime = new ManualRuntime({ HF_HOME: home })
    const loading = loadTokenizer('org/model', { runtime, hubUrl: server.url, timeoutMs: 1000 })
    const failure = loading.catch((error: unknown) => error)
    await server.received(route)
    runtime.advance(1000)
    expect(await failure).toMatchObject({ code: 'TIMEOUT' })
  })

  it('can be aborted', async () => {
    const server = await hub(demoFiles(), { [route]: [{ end: 'hang' }] })
    const controller = new AbortController()
    const failure = load(server, { signal: controller.signal }).catch((error: unknown) => error)
    await server.received(route)
    controller.abort()
    expect(await failure).toMatchObject({ code: 'ABORTED' })
    await server.allSocketsClosed()
  })

  it.each([
    [{}, 'no/such/../name'],
    [{}, 'what is this'],
    [{ revision: '../main' }, 'org/model'],
    [{ hubUrl: 'nowhere' }, 'org/model'],
  ])('%j %s is not taken', async (source, id) => {
    await expect(load(undefined, source, {}, id)).rejects.toMatchObject({
      code: expect.stringMatching(/INVALID_OPTION|FILE/),
    })
  })
})
