import type { LlamaCpp } from '../../src/llama-cpp/index.js'
import type { Checks } from './checks.js'
import { isWellFormed } from './judge.js'

export interface MagpieResult {
  readonly wellFormed: number
  /** Different ones among all. */
  readonly distinct: number
  readonly malformed: readonly string[]
}

/** Has the model make instructions out of nothing: it continues the beginning of a user's turn, at temperature 1. */
export async function measureMagpie(llm: LlamaCpp, checks: Checks, count: number): Promise<MagpieResult> {
  const [output] = await llm.generate([{ prompt: '<|im_start|>user\n', raw: true }], {
    temperature: 1,
    seed: 4,
    maxTokens: 120,
    numGenerations: count,
    throwOnError: true,
  })
  const instructions = (output?.responses ?? []).map((response) =>
    response?.finishReason?.unified === 'stop' ? response.text : `${response?.text ?? ''} (cut)`,
  )
  const malformed = instructions.filter((instruction) => !isWellFormed(instruction, checks))
  return { wellFormed: count - malformed.length, distinct: new Set(instructions).size, malformed }
}
