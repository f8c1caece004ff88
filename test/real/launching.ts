import { describe, expect, it } from 'vitest'

import type { LaunchProgress } from '../../src/index.js'
import { errorOf } from '../support/outcome-of.js'
import { demoFamily, demoLaunch, launchMs, tokenizerFile } from './demo-model.js'
import { client } from './server.js'

export function describeLaunching(): void {
  describe('launching', () => {
    it('registers a model of a file', async () => {
      await client.registerModel(demoFamily, { persist: false })
      expect(await errorOf(client.registerModel(demoFamily, { persist: false }))).toMatchObject({
        code: 'INVALID_REQUEST',
      })
      const registrations = await client.listRegistrations('LLM')
      expect(registrations).toContainEqual({ model_name: demoFamily.model_name, is_builtin: false })
      expect(registrations.length).toBeGreaterThan(100)
      const detailed = await client.listRegistrations('LLM', { detailed: true })
      expect(detailed.find((model) => model['model_name'] === demoFamily.model_name)).toMatchObject({
        context_length: 512,
      })
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
      await client.waitUntilReady(uid, { timeoutMs: launchMs, pollMs: 100, onProgress: (look) => looks.push(look) })
      expect(launchedMs).toBeLessThan(performance.now() - startedAt)
      expect(looks.at(-1)?.progress).toBe(1)
      expect(looks.length).toBeGreaterThan(1)
      expect(looks.every(({ progress }) => progress >= 0 && progress <= 1)).toBe(true)
    })

    it('lists and describes it', async () => {
      const expected = {
        model_type: 'LLM',
        model_name: demoFamily.model_name,
        model_engine: 'llama.cpp',
        context_length: 512,
      }
      expect(await client.listModels()).toMatchObject([{ id: 'demo', ...expected }])
      expect(await client.describeModel('demo')).toMatchObject(expected)
      expect(await client.listReplicas('demo')).toMatchObject([{ id: 0, status: 'READY', errorMessage: undefined }])
      expect(await client.launchProgress('demo')).toMatchObject({ progress: 1 })
      expect(await client.listCachedModels()).toMatchObject([{ model_name: demoFamily.model_name }])
      expect(await client.listWorkers()).toMatchObject([{ models: { 'demo-rep0': { model_type: 'LLM' } } }])
    })

    it('refuses a uid that is taken', async () => {
      const error = await errorOf(client.launchModel(demoLaunch()))
      expect(error).toMatchObject({
        code: 'INVALID_REQUEST',
        message: expect.stringContaining('uid demo already') as string,
      })
    })

    it.each([
      ['an engine that does not exist', { modelEngine: 'no-such-engine' }, /no-such-engine/],
      ['a family that does not exist', { modelName: 'no-such-family' }, /no-such-family/],
      ['a file that does not exist', { modelPath: '/no/such/file.gguf' }, /no\/such\/file/],
      ['a file that is no model', { modelPath: tokenizerFile }, /failed to init server/i],
    ])("gives the server's reason for a launch that fails: %s", async (_name, options, reason) => {
      const uid = await client.launchModel(demoLaunch({ modelUid: 'broken', ...options }))
      const error = await errorOf(client.waitUntilReady(uid, { timeoutMs: launchMs, pollMs: 200 }))
      expect(error.code).toBe('LAUNCH_FAILED')
      expect(error.message).toMatch(reason)
      expect(error.message).not.toContain('pid=')
      // Nothing is left of it that would have to be ended.
      expect(await errorOf(client.terminateModel(uid))).toMatchObject({ code: 'MODEL_NOT_FOUND' })
    })
  })
}
