import { blockTokens, blocksOf, type Capacity, type Physics, slotsOf } from './engine-options.js'

/** Sums over the requests that came, from which their means follow. */
export interface Workload {
  requests: number
  promptTokens: number
  outputTokens: number
  /** Of the output tokens. */
  squares: number
}

/**
 * The most tokens a second that the machine can generate of such requests: all places taken at every step, as many as the
 * cache has room for, and every prompt read once.
 *
 * A request of `L` tokens is in `L` steps. In one of them its prompt is read, in the others it decodes.
 */
export function bestTokensPerSecond(physics: Physics, capacity: Capacity, workload: Workload): number {
  if (workload.requests === 0) return 0
  const prompt = workload.promptTokens / workload.requests
  const output = workload.outputTokens / workload.requests
  // A request that is looked at while it runs is a long one more often than not.
  const seen = workload.squares / workload.requests / output / 2
  const heldBlocks = (prompt + seen) / blockTokens + 0.5
  const batch = Math.min(slotsOf(physics, capacity), Math.max(1, blocksOf(physics, capacity) / heldBlocks))
  const { stepMs, stepMsPerSequence, stepMsPerPromptToken } = physics
  const tokenMs = stepMs / batch + stepMsPerSequence * (1 - 1 / output) + (stepMsPerPromptToken * prompt) / output
  return (1000 / tokenMs) * capacity.speed
}
