import { describe, expect, it } from 'vitest'

import { Xinference, XinferenceClient } from '../../src/index.js'
import { systemRuntime } from '../../src/transport/system-runtime.js'
import { errorOf } from '../support/outcome-of.js'
import { demoLaunch } from './demo-model.js'
import { administrator, client, endpoint, setupToken } from './server.js'

/** A runtime whose lines can be read, and whose clock can be put forward. */
function recordingRuntime(): {
  runtime: typeof systemRuntime
  requests: () => readonly string[]
  hasten: (ms: number) => void
} {
  const lines: string[] = []
  let ahead = 0
  return {
    runtime: {
      ...systemRuntime,
      now: () => systemRuntime.now() + ahead,
      env: { HEADRACE_LOG: 'debug' },
      log: (line) => void lines.push(line),
    },
    requests: () =>
      lines.flatMap((line) => /^\[headrace\] #\d+ > (\S+) \S+?:\d+(\/\S*)/.exec(line)?.slice(1, 3).join(' ') ?? []),
    hasten(ms) {
      ahead += ms
    },
  }
}

/** A key with what the client does not offer. */
async function keyWith(body: object): Promise<string> {
  const post = async (path: string, sent: object, headers = {}): Promise<Record<string, string>> => {
    const response = await fetch(`${endpoint}${path}`, { method: 'POST', body: JSON.stringify(sent), headers })
    return (await response.json()) as Record<string, string>
  }
  const { access_token: token } = await post('/token', administrator)
  const { key = '' } = await post('/v1/admin/keys', body, { authorization: `Bearer ${token}` })
  return key
}

export function describeAccounts(): void {
  describe('the first user and keys', () => {
    it('wants a first user', async () => {
      const nobody = new XinferenceClient({ endpoint })
      expect(await nobody.needsCredential()).toBe(true)
      expect(await nobody.needsSetup()).toBe(true)
      expect(await errorOf(nobody.listModels())).toMatchObject({ code: 'AUTHENTICATION_FAILED', status: 401 })
      await nobody.close()
    })

    it('makes one with the token of its log', async () => {
      const nobody = new XinferenceClient({ endpoint })
      const token = setupToken()
      if (token !== undefined) {
        expect(await errorOf(nobody.setUp(administrator))).toMatchObject({
          code: 'PERMISSION_DENIED',
          message: expect.stringContaining('setup token') as string,
        })
      }
      await nobody.setUp({ ...administrator, setupToken: token })
      expect(await nobody.needsSetup()).toBe(false)
      expect(await errorOf(nobody.setUp({ ...administrator, setupToken: token }))).toMatchObject({
        code: 'PERMISSION_DENIED',
      })
      await nobody.close()
    })

    it('lets the user in', async () => {
      await client.login()
      expect(await client.version()).toMatch(/^\d+\.\d+/)
      expect(await client.listWorkers()).toHaveLength(1)
      expect(await client.listModels()).toEqual([])
    })

    it('sends a wrong key once', async () => {
      const { runtime, requests } = recordingRuntime()
      const wrong = new XinferenceClient({ endpoint, apiKey: 'xf-wrong-wrong-wrong' }, { runtime })
      const attempts = await Promise.all([errorOf(wrong.listModels()), errorOf(wrong.listModels())])
      expect(attempts.map(({ code }) => code)).toEqual(['AUTHENTICATION_FAILED', 'AUTHENTICATION_FAILED'])
      expect(await errorOf(wrong.version())).toMatchObject({ code: 'AUTHENTICATION_FAILED' })
      expect(requests()).toEqual(['GET /v1/models'])
      await wrong.close()
    })

    it('sends a wrong password once', async () => {
      const { runtime, requests } = recordingRuntime()
      const wrong = new XinferenceClient({ endpoint, ...administrator, password: 'not the password' }, { runtime })
      for (let attempt = 0; attempt < 12; attempt++) {
        expect(await errorOf(wrong.listModels())).toMatchObject({ code: 'AUTHENTICATION_FAILED', status: 401 })
      }
      expect(requests().filter((request) => request.startsWith('POST'))).toEqual(['POST /token'])
      await wrong.close()
    })

    it('says of an expired key that it has expired', async () => {
      const key = await keyWith({ name: 'expired', expires_at: '2020-01-01T00:00:00' })
      const { runtime, requests } = recordingRuntime()
      const late = new XinferenceClient({ endpoint, apiKey: key }, { runtime })
      const errors = [await errorOf(late.listModels()), await errorOf(late.listModels())]
      expect(errors[0]).toMatchObject({
        code: 'AUTHENTICATION_FAILED',
        status: 401,
        message: expect.stringMatching(/expired/) as string,
      })
      expect(errors[1]?.code).toBe('AUTHENTICATION_FAILED')
      expect(requests()).toEqual(['GET /v1/models'])
      await late.close()
    })

    it('knows a key that was deleted, and one for another model', async () => {
      const { id, key } = await client.createApiKey('gone')
      await client.deleteApiKey(id)
      expect((await client.listApiKeys()).map(({ name }) => name)).not.toContain('gone')
      await using gone = new XinferenceClient({ endpoint, apiKey: key })
      expect(await errorOf(gone.listModels())).toMatchObject({ code: 'AUTHENTICATION_FAILED' })
      const permissions = [{ permission_type: 'model_id', permission_value: 'another' }]
      const narrow = await keyWith({ name: 'narrow', model_permissions: permissions })
      const llm = new Xinference({
        endpoint,
        apiKey: narrow,
        modelUid: 'demo',
        modelDescription: { model_ability: ['chat'] },
      })
      expect(await errorOf(llm.complete('Hi'))).toMatchObject({
        code: 'PERMISSION_DENIED',
        status: 403,
        message: expect.stringContaining('demo') as string,
      })
      await llm.unload()
    })

    it('gives keys that may ask and not launch', async () => {
      const { key } = await client.createApiKey('reader')
      expect(key).toMatch(/^xf-/)
      const reader = new XinferenceClient({ endpoint, apiKey: key })
      expect(await reader.listModels()).toEqual([])
      expect(await errorOf(reader.launchModel(demoLaunch()))).toMatchObject({ code: 'PERMISSION_DENIED', status: 403 })
      expect(await errorOf(new Xinference({ endpoint, apiKey: key, modelUid: 'nobody' }).load())).toMatchObject({
        code: 'MODEL_NOT_FOUND',
      })
      await reader.close()
    })

    it('renews the tokens of a login before they expire', async () => {
      const { runtime, requests, hasten } = recordingRuntime()
      const user = new XinferenceClient({ endpoint, ...administrator }, { runtime })
      await user.listModels()
      for (let renewal = 0; renewal < 2; renewal++) {
        hasten(29.5 * 60_000)
        await Promise.all([user.listModels(), user.listModels()])
      }
      expect(requests().filter((request) => request.startsWith('POST'))).toEqual([
        'POST /token',
        'POST /v1/auth/refresh',
        'POST /v1/auth/refresh',
      ])
      await user.close()
    })
  })
}
