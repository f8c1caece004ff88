import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import type { LlamaContext } from 'node-llama-cpp'
import { describe, expect, it } from 'vitest'

import { LlamaCpp } from './llama-cpp.js'
import { orderSampling } from './orderly-sampling.js'

const modelPath = fileURLToPath(new URL('../../models/demo/demo.gguf', import.meta.url))
const questions = fileURLToPath(new URL('../../examples/questions.jsonl', import.meta.url))

describe('concurrent calls', () => {
  it('have their own answers, and no pieces of others', async () => {
    await using llm = new LlamaCpp({ modelPath, temperature: 0 })
    const lines = (await readFile(questions, 'utf8')).trim().split('\n')
    const prompts = lines.slice(0, 48).map((line) => JSON.parse(line) as { prompt: string })
    const texts = async (concurrency: number): Promise<readonly (string | null | undefined)[]> =>
      (await llm.generate(prompts, { concurrency })).map(({ generations: [text] }) => text)
    const alone = await texts(1)
    for (let round = 0; round < 3; round++) {
      const together = await texts(16)
      // Without the order, up to a third of them are wrong. A batch rounds differently, which may turn a close decision.
      expect(together.filter((text, index) => text !== alone[index]).length).toBeLessThanOrEqual(2)
    }
  })
})

describe('orderSampling', () => {
  it('says so when the library has changed', () => {
    expect(orderSampling({} as LlamaContext)).toBe(false)
    expect(orderSampling({ _ctx: { decodeBatch: () => undefined } } as unknown as LlamaContext)).toBe(false)
  })

  it('samples the first of a batch alone', async () => {
    const log: string[] = []
    const native = {
      decodeBatch: async () => void log.push('decode'),
      sampleToken: async (name: string) => {
        log.push(`begin ${name}`)
        await Promise.resolve()
        log.push(`end ${name}`)
      },
    }
    expect(orderSampling({ _ctx: native } as unknown as LlamaContext)).toBe(true)
    await native.decodeBatch()
    await Promise.all([native.sampleToken('a'), native.sampleToken('b'), native.sampleToken('c')])
    expect(log).toEqual(['decode', 'begin a', 'end a', 'begin b', 'begin c', 'end b', 'end c'])
  })
})
