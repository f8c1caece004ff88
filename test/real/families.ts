import { describe, expect, it } from 'vitest'

import { Xinference } from '../../src/index.js'
import { errorOf } from '../support/outcome-of.js'
import { modelFile } from './demo-model.js'
import { administrator, client, endpoint, launch } from './server.js'

/** The demo model under the names of families that have abilities: what is accepted and read, not what it says. */
export function describeFamilies(): void {
  const tool = { name: 'sky', parameters: { type: 'object', properties: { city: { type: 'string' } } } }
  const question = [{ role: 'user', content: 'Oslo?' }] as const

  describe('built-in families', () => {
    it('takes tools for a family that has them', async () => {
      await launch({
        modelUid: 'tools',
        modelName: 'qwen2.5-instruct',
        modelSizeInBillions: '0_5',
        quantization: 'q8_0',
        modelPath: modelFile,
        // The instructions for the tools do not fit 512 tokens.
        engineOptions: { n_ctx: 1024 },
      })
      const llm = new Xinference({ endpoint, ...administrator, modelUid: 'tools', maxTokens: 30, contextWindow: 1024 })
      for (const wireMode of ['json', 'stream'] as const) {
        const answer = await llm.chat(question, { tools: [tool], temperature: 0, wireMode })
        expect(answer.warnings).toEqual([])
        expect(['stop', 'length', 'tool-calls']).toContain(answer.finishReason.unified)
      }
      expect(llm.metadata.isFunctionCallingModel).toBe(true)
      const history = [
        ...question,
        {
          role: 'assistant',
          content: '',
          toolCalls: [{ id: 'call_1', name: tool.name, arguments: '{"city":"Oslo"}' }],
        },
        { role: 'tool', content: 'Rain.', toolCallId: 'call_1' },
      ] as const
      expect((await llm.chat(history, { tools: [tool] })).finishReason.unified).toMatch(/stop|length|tool-calls/)
      expect(await errorOf(llm.chat(question, { reasoning: false }))).toMatchObject({ code: 'UNSUPPORTED_OPTION' })
      await client.terminateModel('tools')
    })

    it('refuses tools for a family that has none', async () => {
      const demo = new Xinference({ endpoint, ...administrator, modelUid: 'demo' })
      expect(await errorOf(demo.chat(question, { tools: [tool] }))).toMatchObject({
        code: expect.stringMatching(/UNSUPPORTED_OPTION|MODEL_ABILITY/) as string,
      })
      const body = { tools: [{ type: 'function', function: tool }] }
      expect(await errorOf(demo.chat(question, { extraBody: body }))).toMatchObject({
        code: 'INVALID_REQUEST',
        status: 400,
      })
    })

    it('switches the thinking of a hybrid family', async () => {
      await launch({
        modelUid: 'thinks',
        modelName: 'qwen3',
        modelSizeInBillions: '0_6',
        quantization: 'Q8_0',
        modelPath: modelFile,
        engineOptions: { reasoning_content: true },
      })
      const llm = new Xinference({
        endpoint,
        ...administrator,
        modelUid: 'thinks',
        maxTokens: 30,
        contextWindow: 512,
        temperature: 0,
      })
      const without = await llm.chat(question, { reasoning: false })
      const thinking = await llm.chat(question, { reasoning: true })
      expect(without.warnings).toEqual([])
      // The template writes an empty thought before the answer when thinking is off.
      expect(without.usage.inputTokens).toBeGreaterThan(thinking.usage.inputTokens ?? Infinity)
      const streamed = await llm.streamChat(question, { reasoning: false }).response()
      expect(streamed.text).toBe(without.text)
      await client.terminateModel('thinks')
    })
  })
}
