import type { WireMode } from '../../contract/options.js'
import type { LimitFinderOptions } from '../concurrency/limit-finder.js'
import type { DatasetLLM } from '../dataset-options.js'

/** What a run's options say about requests in flight. */
export interface LimitWishes {
  readonly concurrency: number | 'auto'
  readonly maxConcurrency: number | undefined
}

/** More sockets than that are no gain with any server there is. */
const mostByDefault = 4096

/**
 * How the limit of an endpoint is found, and how it is asked so that it can be: in streams, where it does not say how many
 * requests wait. `wireMode` is the call's own, which stays.
 */
export async function findLimitOptions(
  llm: DatasetLLM,
  { concurrency, maxConcurrency = mostByDefault }: LimitWishes,
  wireMode: WireMode | undefined,
): Promise<{ readonly limit: LimitFinderOptions; readonly wireMode: WireMode | undefined }> {
  const most = Math.min(maxConcurrency, llm.maxConcurrency)
  if (concurrency !== 'auto') {
    const limit = Math.min(concurrency, most)
    return { limit: { most, fixed: { limit, signal: limit < concurrency ? 'back end' : 'given' } }, wireMode }
  }
  const load = await llm.readLoad?.()
  if (load !== undefined) return { limit: { most }, wireMode }
  // It says itself how many it can do, which is better than anything that could be found out.
  if (Number.isFinite(llm.maxConcurrency)) {
    return { limit: { most, fixed: { limit: most, signal: 'back end' } }, wireMode }
  }
  const own = wireMode ?? llm.toJSON().config['wireMode'] ?? 'auto'
  return { limit: { most }, wireMode: own === 'auto' ? 'stream' : wireMode }
}
