import { describe, expect, it } from 'vitest'

import { type ModelNotFoundError, Xinference, XinferenceClient } from '../../src/index.js'
import { drain, errorOf } from '../support/outcome-of.js'
import { administrator, client, endpoint } from './server.js'

export function describeErrors(): void {
  const llm = new Xinference({ endpoint, ...administrator, modelUid: 'demo', maxTokens: 20, maxRetries: 0 })
  const long = 'red green blue '.repeat(600)

  describe('errors', () => {
    it('names the uids that are there when one is not', async () => {
      const other = new Xinference({ endpoint, ...administrator, modelUid: 'nobody' })
      const error = await errorOf<ModelNotFoundError>(other.load())
      expect(error).toMatchObject({ code: 'MODEL_NOT_FOUND', available: ['demo'] })
      // Asked without looking in the list first.
      const blind = new Xinference({
        endpoint,
        ...administrator,
        modelUid: 'nobody',
        modelDescription: { model_ability: ['chat'] },
      })
      const refused = await errorOf<ModelNotFoundError>(blind.chat([{ role: 'user', content: 'Hi' }]))
      expect(refused).toMatchObject({ code: 'MODEL_NOT_FOUND', status: 404, available: ['demo'] })
      expect((await drain(blind.streamChat([{ role: 'user', content: 'Hi' }]))).error).toMatchObject({
        code: 'MODEL_NOT_FOUND',
      })
      await blind.unload()
      expect(await errorOf(client.describeModel('nobody'))).toMatchObject({ code: 'MODEL_NOT_FOUND', status: 400 })
      expect(await errorOf(client.terminateModel('nobody'))).toMatchObject({ code: 'MODEL_NOT_FOUND' })
      expect(await errorOf(client.cancelLaunch('nobody'))).toMatchObject({ code: 'MODEL_NOT_FOUND' })
      expect(await client.listReplicas('nobody')).toEqual([])
      expect(await client.launchProgress('nobody')).toMatchObject({ progress: 0 })
    })

    it('tells a prompt above the window where the server does: literal text', async () => {
      expect(await errorOf(llm.complete(long, { raw: true, wireMode: 'json' }))).toMatchObject({
        code: 'CONTEXT_OVERFLOW',
        status: 500,
      })
      expect((await drain(llm.streamComplete(long, { raw: true }))).error).toMatchObject({ code: 'CONTEXT_OVERFLOW' })
    })

    it.each(['json', 'stream'] as const)('finds the reason of a chat above the window (%s)', async (wireMode) => {
      const error = await errorOf(llm.chat([{ role: 'user', content: long }], { wireMode }))
      expect(error).toMatchObject({ code: 'CONTEXT_OVERFLOW', isRetryable: false })
      expect(error.message).toMatch(/context window/)
    })

    it('gives a row above the window its outcome', async () => {
      expect(await llm.generateOne({ prompt: long })).toMatchObject({ outcome: 'too-long' })
    })

    it('has the failures of a model among its events', async () => {
      const events = await client.listEvents('demo')
      expect(events.at(0)).toMatchObject({ type: 'INFO', content: 'Launch model' })
      expect(events.at(-1)).toMatchObject({
        type: 'ERROR',
        content: expect.stringContaining('exceeds the available context size') as string,
      })
      expect(await client.listEvents('never-heard-of')).toEqual([])
    })

    it('knows a bad request, which is a 500', async () => {
      const error = await errorOf(llm.complete('Hi', { extraBody: { temperature: 3 } }))
      expect(error).toMatchObject({
        code: 'INVALID_REQUEST',
        status: 500,
        message: expect.stringContaining('temperature') as string,
      })
      expect((await drain(llm.streamComplete('Hi', { extraBody: { temperature: 3 } }))).error).toMatchObject({
        code: 'INVALID_REQUEST',
      })
      expect(await errorOf(llm.complete('Hi', { extraBody: { logit_bias: { 1: 1 } } }))).toMatchObject({
        code: 'UNSUPPORTED_OPTION',
        status: 501,
      })
    })

    it('knows a wrong base path', async () => {
      const elsewhere = new XinferenceClient({ endpoint: `${endpoint}/xinference`, ...administrator })
      expect(await errorOf(elsewhere.listModels())).toMatchObject({ code: 'WRONG_SERVER' })
      await elsewhere.close()
    })

    it('knows a language model that is asked for vectors or an order', async () => {
      expect(await errorOf(client.createEmbeddings('demo', 'Hi'))).toMatchObject({ code: 'MODEL_ABILITY' })
      expect(await errorOf(client.rerank('demo', 'Hi', ['a', 'b']))).toMatchObject({ code: 'MODEL_ABILITY' })
      expect(await errorOf(client.createEmbeddings('nobody', 'Hi'))).toMatchObject({ code: 'MODEL_NOT_FOUND' })
    })

    it('cannot abort by request id on llama.cpp', async () => {
      expect(await client.abortRequest('demo', 'no-such-request')).toBe('NO_OP')
    })
  })
}
