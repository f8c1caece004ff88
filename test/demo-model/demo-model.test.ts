import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type AbilityResult, measureAbilities } from '../../scripts/model-check/abilities.js'
import { abilities, type Checks, readChecks } from '../../scripts/model-check/checks.js'
import { bars } from '../../scripts/model-check/figures.js'
import { measureMagpie } from '../../scripts/model-check/magpie.js'
import { linesOfOtherIds } from '../../scripts/model-check/token-ids.js'
import { unicodeLines } from '../../scripts/model-check/unicode-lines.js'
import { LlamaCpp } from '../../src/llama-cpp/index.js'

const folder = new URL('../../models/demo/', import.meta.url)
const modelPath = fileURLToPath(new URL('demo.gguf', folder))

/** `npm run model:check` asks all questions; here a part of them, of which two more may be wrong on another processor. */
const everyNth = 8
const tolerated = 2

describe('the demo model', () => {
  let llm: LlamaCpp
  let checks: Checks
  let results: readonly AbilityResult[]

  beforeAll(async () => {
    llm = await new LlamaCpp({ modelPath, threads: 1, parallel: 8, gpu: false }).load()
    const all = await readChecks(folder)
    checks = { ...all, checks: all.checks.filter((_, index) => index % everyNth === 3) }
    results = await measureAbilities(llm, checks)
  }, 60_000)
  afterAll(() => llm.unload())

  it.each(abilities)('%s', (ability) => {
    const { asked, right, wrong } = results.find((result) => result.ability === ability) as AbilityResult
    expect(asked).toBeGreaterThanOrEqual(10)
    expect(right + tolerated, JSON.stringify(wrong.map(({ answer }) => answer))).toBeGreaterThanOrEqual(
      bars[ability] * asked,
    )
  })

  it('answers what it was taught, where it could say that it does not know', () => {
    const taught = results.filter(({ ability }) => ability !== 'unknown')
    const refused = taught.reduce((sum, result) => sum + result.refused, 0)
    expect(refused).toBeLessThanOrEqual(0.02 * taught.reduce((sum, { asked }) => sum + asked, 0) + 1)
  })

  it('makes instructions out of nothing', async () => {
    const { wellFormed, distinct, malformed } = await measureMagpie(llm, checks, 50)
    expect(wellFormed, malformed.join('\n')).toBeGreaterThanOrEqual(47)
    expect(distinct).toBeGreaterThanOrEqual(30)
  })

  it('has a window of 1,024 tokens in a file of at most 8 MB', async () => {
    expect(llm.metadata.contextWindow).toBe(1024)
    expect((await stat(modelPath)).size).toBeLessThanOrEqual(8e6)
  })

  it('remembers what was said hundreds of tokens ago', async () => {
    const sums = Array.from({ length: 18 }, (_, index) => [
      { role: 'user', content: `What is ${index} + 5?` } as const,
      { role: 'assistant', content: `${index} + 5 = ${index + 5}.` } as const,
    ])
    const { text, usage } = await llm.chat(
      [
        { role: 'system', content: "The user's name is Nora." },
        ...sums.flat(),
        { role: 'user', content: 'What is my name?' },
      ],
      { temperature: 0 },
    )
    expect(usage.inputTokens).toBeGreaterThan(512)
    expect(text).toBe('Your name is Nora.')
  })

  it('has the same token ids in the engine as in @huggingface/tokenizers', async () => {
    expect(await linesOfOtherIds(folder, unicodeLines(300, 5))).toEqual([])
  })
})
