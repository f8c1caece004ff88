import type { LlamaCpp } from '../../src/llama-cpp/index.js'

/** Tokens a second of stories told one after another; the best of five rounds, as other work on the machine only slows them. */
export async function measureSpeed(llm: LlamaCpp, animals: readonly string[]): Promise<number> {
  let best = 0
  for (let round = 0; round < 5; round++) {
    let tokens = 0
    const startedAt = performance.now()
    for (const animal of animals.slice(0, 8)) {
      const { usage } = await llm.complete(`Tell me a story about a ${animal}.`, { temperature: 1, seed: round })
      tokens += usage.outputTokens ?? 0
    }
    best = Math.max(best, (tokens / (performance.now() - startedAt)) * 1000)
  }
  return best
}
