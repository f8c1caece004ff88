import type { Runtime } from '../contract/runtime.js'

const firstDelayMs = 500
const longestDelayMs = 8000

/**
 * How long to wait before attempt `attempt` (from 2): what the server asks for, and a little more so that not all
 * callers come back at once; else exponential with full jitter, from half a second to eight.
 */
export function retryDelayMs(attempt: number, retryAfterMs: number | undefined, runtime: Runtime): number {
  if (retryAfterMs !== undefined) return retryAfterMs * (1 + 0.1 * runtime.random())
  const ceiling = Math.min(longestDelayMs, firstDelayMs * 2 ** (attempt - 2))
  return ceiling * (0.1 + 0.9 * runtime.random())
}
