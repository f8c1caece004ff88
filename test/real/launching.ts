import { describe, expect, it } from 'vitest'

import type { LaunchProgress } from '../../src/index.js'
import { errorOf } from '../support/outcome-of.js'
import { client, demoFamily, demoLaunch } from './server.js'

export function describeLaunching(): void {
  describe('launching', () => {
    it('registers a model of a file', async () => {
      await client.registerModel(demoFamily, { persist: false })
      expect(await errorOf(client.registerModel(demoFamily, { persist: false }))).toMatchObject({ code: 'INVALID_REQUEST' })
      const registrations = await client.listRegistrations('LLM')
      expect(registrations).toContainEqual({ model_name: demoFamily.model_name, is_builtin: false })
      expect(registrations.length).toBeGreaterThan(100)
      const detailed = await client.listRegistrations('LLM', { detailed: true })
      expect(detailed.find((model) => model['model_name'] === demoFamily.model_name)).toMatchObject({ context_length: 512 })
    })

    it('names the engines that can run it, and why others cannot', async () => {
      const engines = await client.listEngines(demoFamily.model_name)
      expect(engines['llama.cpp']).toMatchObject([{ model_format: 'ggufv2', quantizations: ['F16'] }])
      expect(typeof engines['vLLM']).toBe('string')
      expect(await errorOf(client.listEngines('no-such-model'))).toMatchObject({ code: 'MODEL_NOT_FOUND' })
    })

    it('launches it and tells how far it is', async () => {
      const looks: LaunchProgress[] = []
      const startedAt = performance.now()
      const uid = await client.launchModel(demoLaunch({ engineOptions: { n_ctx: 2048, n_parallel: 4 } }))
      const launchedMs = performance.now() - startedAt
      expect(uid).toBe('demo')
      await client.waitUntilReady(uid, { timeoutMs: 100_000, pollMs: 100, onProgress: (look) => looks.push(look) })
      expect(launchedMs).toBeLessThan(performance.now() - startedAt)
      expect(looks.at(-1)?.progress).toBe(1)
      expect(looks.length).toBeGreaterThan(1)
      expect(looks.every(({ progress }) => progress >= 0 && progress <= 1)).toBe(true)
    })

    it('lists and describes it', async () => {
      const expected = { model_type: 'LLM', model_name: demoFamily.model_name, model_engine: 'llama.cpp', context_length: 512 }
      expect(await client.listModels()).toMatchObject([{ id: 'demo', ...expected }])
      expect(await client.describeModel('demo')).toMatchObject(expected)
      expect(await client.listReplicas('demo')).toMatchObject([{ id: 0, status: 'READY', errorMessage: undefined }])
      expect(await client.launchProgress('demo')).toMatchObject({ progress: 1 })
      expect(await client.listCachedModels()).toMatchObject([{ model_name: demoFamily.model_name }])
      expect(await client.listWorkers()).toMatchObject([{ models: { 'demo-rep0': { model_type: 'LLM' } } }])
    })

    it('refuses a uid that is taken, an engine and a family that do not exist', async () => {
      expect(await errorOf(client.launchModel(demoLaunch()))).toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringContaining('demo') as string })
      const refusals = [demoLaunch({ modelUid: 'b', modelEngine: 'no-such-engine' }), demoLaunch({ modelUid: 'c', modelName: 'no-such-family' })]
      for (const options of refusals) {
        const error = await errorOf(client.launchModel(options).then((uid) => client.waitUntilReady(uid, { timeoutMs: 60_000, pollMs: 200 })))
        expect(['INVALID_REQUEST', 'LAUNCH_FAILED', 'MODEL_NOT_FOUND']).toContain(error.code)
        expect(error.message).toMatch(/no-such-/)
      }
    })

    it("gives the server's reason for a launch that fails", async () => {
      const uid = await client.launchModel(demoLaunch({ modelUid: 'missing', modelPath: '/no/such/file.gguf' })).catch((error: unknown) => error)
      const error =
        typeof uid === 'string' ? await errorOf(client.waitUntilReady(uid, { timeoutMs: 60_000, pollMs: 200 })) : uid
      expect(error).toMatchObject({ code: expect.stringMatching(/LAUNCH_FAILED|INVALID_REQUEST/) as string, message: expect.stringMatching(/no\/such|load|exist/i) as string })
      await client.terminateModel('missing').catch(() => undefined)
    })
  })
}
