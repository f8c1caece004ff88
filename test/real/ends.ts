import { describe, expect, it } from 'vitest'

import { Xinference } from '../../src/index.js'
import { drain, errorOf } from '../support/outcome-of.js'
import { demoLaunch, launchMs } from './demo-model.js'
import { administrator, client, endpoint, launch, modelProcesses } from './server.js'

export function describeEnds(): void {
  /** As long and as slow as the model's 512 tokens allow: the grammar lets it not stop before. */
  const long = {
    maxTokens: 450,
    temperature: 1,
    logprobs: 20,
    extraBody: {
      response_format: {
        type: 'json_schema',
        json_schema: {
          name: 'numbers',
          schema: { type: 'array', minItems: 200, items: { type: 'integer', minimum: 1000, maximum: 9999 } },
        },
      },
    },
  } as const
  const question = [{ role: 'user', content: 'Count.' }] as const
  const model = (modelUid: string): Xinference =>
    new Xinference({ endpoint, ...administrator, modelUid, maxRetries: 0 })

  describe('ends', () => {
    it('survives a stream that is aborted', async () => {
      await launch({ modelUid: 'limited', requestLimits: 1 })
      const llm = model('limited')
      const stop = new AbortController()
      const stream = llm.streamChat(question, { ...long, signal: stop.signal })
      let text = ''
      const error = await errorOf(
        (async () => {
          for await (const part of stream) {
            text = part.text
            if (text.length > 40) stop.abort()
          }
        })(),
      )
      expect(error).toMatchObject({ code: 'ABORTED', partial: { text } })
      // Its place is free as soon as the server has seen the disconnect.
      const answer = await model('limited')
        .with({ maxRetries: 10 })
        .complete('What is 12 + 19?', { temperature: 0, maxTokens: 20 })
      expect(answer.text).toMatch(/\S/)
    })

    it('refuses requests above the limit', async () => {
      const llm = model('limited')
      const first = llm.streamChat(question, long)[Symbol.asyncIterator]()
      await first.next()
      const [json, stream, text] = await Promise.all([
        errorOf(llm.complete('12 + 19', { wireMode: 'json' })),
        errorOf(llm.complete('12 + 19', { wireMode: 'stream' })),
        drain(llm.streamComplete('12 + 19', { raw: true })),
      ])
      expect(json).toMatchObject({ code: 'RATE_LIMITED', status: 429, isRetryable: true })
      expect(stream).toMatchObject({ code: 'RATE_LIMITED', isRetryable: true })
      expect(text.error).toMatchObject({ code: 'RATE_LIMITED' })
      await first.return?.()
      await client.terminateModel('limited')
    })

    it('gives what had arrived when the process of a model dies, and the model comes back', async () => {
      await launch({ modelUid: 'mortal' })
      const [pid = 0, ...others] = await modelProcesses('mortal')
      expect(others).toEqual([])
      expect(pid).toBeGreaterThan(0)
      const llm = model('mortal')
      let text = ''
      const error = await errorOf(
        (async () => {
          for await (const part of llm.streamChat(question, long)) {
            if (text === '') process.kill(pid, 'SIGKILL')
            text = part.text
          }
        })(),
      )
      expect(error.code).toMatch(/SERVER_ERROR|STREAM_TRUNCATED|CONNECTION_FAILED/)
      expect(error.partial?.text).toBe(text)
      expect(text).toMatch(/^\[/)
      // Meanwhile the server has no process, then one that loads.
      const answer = await llm.with({ maxRetries: 5 }).complete('What is 12 + 19?', { temperature: 0, maxTokens: 20 })
      expect(answer.text).toMatch(/\S/)
      expect(await modelProcesses('mortal')).not.toContain(pid)
    })

    it('waits for a model that is still loading', async () => {
      const modelUid = await client.launchModel(demoLaunch({ modelUid: 'slow' }))
      const llm = model(modelUid).with({ maxRetries: 5, waitTimeoutMs: launchMs })
      expect((await llm.complete('What is 12 + 19?', { temperature: 0, maxTokens: 20 })).text).toMatch(/\S/)
      await client.terminateModel(modelUid)
    })

    it.each(['json', 'stream'] as const)('gives up on a model that hangs (%s)', async (wireMode) => {
      const [pid = 0] = await modelProcesses('mortal')
      expect(pid).toBeGreaterThan(0)
      const llm = model('mortal')
      await llm.load()
      process.kill(pid, 'SIGSTOP')
      try {
        const error = await errorOf(llm.chat(question, { wireMode, timeouts: { firstTokenMs: 1000 } }))
        expect(error).toMatchObject({ code: 'TIMEOUT', phase: 'first-token' })
      } finally {
        process.kill(pid, 'SIGCONT')
      }
      expect((await llm.complete('What is 12 + 19?', { temperature: 0, maxTokens: 20 })).text).toMatch(/\S/)
    })

    it('ends a model and launches it again under its uid', async () => {
      const llm = model('mortal')
      await llm.load()
      await client.terminateModel('mortal')
      expect(await modelProcesses('mortal')).toEqual([])
      expect(await errorOf(llm.complete('Hi'))).toMatchObject({ code: 'MODEL_NOT_FOUND' })
      await launch({ modelUid: 'mortal' })
      expect((await llm.complete('What is 12 + 19?', { temperature: 0, maxTokens: 20 })).text).toMatch(/\S/)
      await client.terminateModel('mortal')
    })

    it('asks two replicas', async () => {
      await launch({ modelUid: 'twins', replica: 2 })
      const replicas = await client.listReplicas('twins')
      expect(replicas.map(({ status }) => status)).toEqual(['READY', 'READY'])
      expect(await modelProcesses('twins')).toHaveLength(2)
      const outputs = await model('twins').generate(
        Array.from({ length: 8 }, () => ({ prompt: 'What is 12 + 19?' })),
        { temperature: 0, maxTokens: 20, concurrency: 2 },
      )
      expect(outputs.every(({ generations: [text] }) => /\S/.test(text ?? ''))).toBe(true)
      await client.terminateModel('twins')
      expect(await modelProcesses('twins')).toEqual([])
    })

    it('cancels a launch', async () => {
      const uid = await client.launchModel(demoLaunch({ modelUid: 'cancelled' }))
      await client.cancelLaunch(uid)
      const error = await errorOf(client.waitUntilReady(uid, { timeoutMs: launchMs, pollMs: 200 }))
      expect(error.code).toMatch(/LAUNCH_FAILED|MODEL_NOT_FOUND/)
      expect(await modelProcesses('cancelled')).toEqual([])
    })
  })
}
