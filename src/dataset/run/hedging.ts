import type { Endpoint } from './endpoint.js'
import type { RequestItem } from './request-item.js'

/** Of all requests at most this share is sent a second time. */
const mostShare = 0.02
/** What has taken longer than this share of the answers is late, if it took at least so many milliseconds. */
const lateShare = 0.95
const lateMs = 10_000
/** Less than that is not worth a request, in milliseconds. */
const leastGainMs = 2000

/**
 * Asks for the last rows a second time, where there is room and nothing else to do: rows that are late, for whatever
 * reason, and rows of an endpoint that is slower. The first answer counts.
 */
export class Hedging {
  /** Requests that were sent so. */
  sent = 0

  /** @returns a second request for `target`, if one is worth it. `requests`: how many were sent so far. */
  next(target: Endpoint, endpoints: readonly Endpoint[], now: number, requests: number): RequestItem | undefined {
    if (this.sent + 1 > mostShare * requests) return undefined
    const targetMs = target.durations.quantile(0.5)
    if (targetMs === undefined) return undefined
    let best: RequestItem | undefined
    let mostGained = leastGainMs
    for (const endpoint of endpoints) {
      const usualMs = endpoint.durations.quantile(0.5)
      const latestMs = Math.max(lateMs, endpoint.durations.quantile(lateShare) ?? targetMs)
      endpoint.forEachItem((item) => {
        if (item.rival !== undefined || item.isBeaten) return
        const ageMs = now - item.sentAt
        const gained = ageMs > latestMs ? ageMs : endpoint === target ? 0 : gainOf(ageMs, usualMs, targetMs)
        if (gained <= mostGained) return
        best = item
        mostGained = gained
      })
    }
    if (best === undefined) return undefined
    this.sent++
    return best.createRival()
  }
}

/** Milliseconds that a faster endpoint saves, of a request of this age, by what is usual at both. */
function gainOf(ageMs: number, usualMs: number | undefined, targetMs: number): number {
  if (usualMs === undefined) return 0
  // The longer an answer took so far, the more there is still to come.
  const leftMs = Math.max(usualMs - ageMs, ageMs / 2)
  return leftMs - (ageMs + leftMs) * (targetMs / usualMs)
}
