/** What `load()` asks of each version of the server, and what it learns. */
import { describe, expect, it } from 'vitest'

import { errorOf } from '../../support/outcome-of.js'
import { versions } from '../../support/xinference-profiles/profile.js'
import { profiles } from '../../support/xinference-profiles/profiles.js'
import { openProfile } from './open-profile.js'

describe.each(versions)('server %s', (version) => {
  it('is asked for its list of models and for nothing else', async () => {
    const { server, llm } = await openProfile(version)
    await llm.load()
    await llm.chat([{ role: 'user', content: 'Hello?' }])
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v1/models',
      'POST /v1/chat/completions',
    ])
  })

  it('tells what the model is', async () => {
    const { llm } = await openProfile(version)
    await llm.load()
    expect(llm.metadata).toEqual({
      contextWindow: 32768,
      contextWindowSource: 'registered',
      numOutput: 8192,
      modelName: 'my-qwen',
      servedModel: expect.stringMatching(/^qwen-chat\b/),
      isChatModel: true,
      isFunctionCallingModel: true,
      isVisionModel: false,
    })
    expect(llm.modelDescription).toMatchObject({ id: 'my-qwen', model_name: 'qwen-chat', model_type: 'LLM' })
    expect(llm.warnings).toEqual([])
  })

  it('tells which models can only continue text, and which take no tools', async () => {
    const base = await openProfile(version, { differs: { abilities: ['generate'], family: 'llama-2' } })
    await base.llm.load()
    expect(base.llm.metadata).toMatchObject({ isChatModel: false, isFunctionCallingModel: false })
    const plain = await openProfile(version, { differs: { abilities: ['chat'], family: 'vicuna' } })
    await plain.llm.load()
    expect(plain.llm.metadata).toMatchObject({ isChatModel: true, isFunctionCallingModel: false })
  })

  it('has not every model', async () => {
    const { llm } = await openProfile(version, { options: { modelUid: 'nobody' } })
    expect(await errorOf(llm.load())).toMatchObject({ code: 'MODEL_NOT_FOUND', available: ['my-qwen'] })
    const empty = await openProfile(version, { models: [] })
    expect(await errorOf(empty.llm.load())).toMatchObject({ code: 'MODEL_NOT_FOUND', available: [] })
  })

  it('takes the description of a model in place of its list', async () => {
    const first = await openProfile(version)
    const { modelDescription } = await first.llm.load()
    const { server, llm } = await openProfile(version, { options: { modelDescription } })
    expect((await llm.load()).metadata.isFunctionCallingModel).toBe(true)
    expect(server.requests).toEqual([])
  })

  const accounts = { key: `${profiles[version].keys}0123456789abc`, username: 'ada', password: 'pass-1234' }

  it(`has a key ${profiles[version].keys === 'none' ? 'refused' : 'taken'}`, async () => {
    const { server, llm } = await openProfile(version, { accounts, options: { apiKey: accounts.key } })
    const call = llm.complete('Hello?')
    if (profiles[version].keys === 'none') {
      expect(await errorOf(call)).toMatchObject({ code: 'AUTHENTICATION_FAILED' })
    } else expect((await call).text).toBe('Hello')
    const sent = server.requests.filter(({ path }) => path.startsWith('/v1/models') || path.includes('completions'))
    expect(new Set(sent.map(({ headers }) => headers['authorization']))).toEqual(new Set([`Bearer ${accounts.key}`]))
  })

  it('takes a login', async () => {
    const { username, password } = accounts
    const { server, llm } = await openProfile(version, { accounts, options: { username, password } })
    expect((await llm.complete('Hello?')).text).toBe('Hello')
    const [login, ...others] = server.requests
    expect(login).toMatchObject({ method: 'POST', path: '/token', body: JSON.stringify({ username, password }) })
    expect(others.map(({ headers }) => headers['authorization'])).toEqual(others.map(() => 'Bearer token-of-a-login'))
  })

  it.each([
    ['no credential', {}],
    ['a wrong key', { apiKey: 'sk-0000000000000' }],
    ['a wrong password', { username: 'ada', password: 'wrong' }],
  ])('refuses %s, and is not asked again with it', async (_name, options) => {
    const { server, llm } = await openProfile(version, { accounts, options })
    expect(await errorOf(llm.load())).toMatchObject({ code: 'AUTHENTICATION_FAILED', status: 401 })
    const asked = server.requests.filter(({ path }) => path === '/v1/models' || path === '/token')
    expect(asked).toHaveLength(1)
  })

  it('is recognized as one by its answer to an unknown path', async () => {
    const { server, llm } = await openProfile(version, { options: { endpoint: 'http://127.0.0.1:1' } })
    const astray = llm.with({ endpoint: `${server.url}/elsewhere` })
    expect(await errorOf(astray.load())).toMatchObject({ code: 'WRONG_SERVER' })
    await astray.unload()
  })
})
