import type { Endpoint } from './endpoint.js'
import type { RequestItem } from './request-item.js'

/** Of all requests at most this share is sent a second time. */
const mostShare = 0.02
/** Of what took longest, so many times as long is stuck, and never what is younger than this. */
const stuckTimes = 3
const stuckMs = 10_000

/**
 * Asks for the last rows a second time, where another endpoint has nothing to do: rows of one that is slower, or that does
 * not come back. Two endpoints of the same speed are no help to each other: a long answer is long at both.
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
    let mostGained = 0
    for (const endpoint of endpoints) {
      if (endpoint === target) continue
      const usualMs = endpoint.durations.quantile(0.5) ?? Infinity
      const longestMs = Math.max(stuckMs, stuckTimes * (endpoint.durations.quantile(0.99) ?? targetMs))
      endpoint.forEachItem((item) => {
        if (item.rival !== undefined || item.isBeaten) return
        const gained = gainOf(now - item.sentAt, usualMs, targetMs, longestMs)
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

/** Milliseconds that asking again saves, of a request of this age, by what is usual there and here. */
function gainOf(ageMs: number, usualMs: number, targetMs: number, longestMs: number): number {
  if (ageMs > longestMs) return ageMs
  if (usualMs === Infinity) return 0
  // The longer an answer took so far, the more there is still to come.
  const leftMs = Math.max(usualMs - ageMs, ageMs / 2)
  const againMs = (ageMs + leftMs) * (targetMs / usualMs)
  return leftMs - againMs > usualMs / 10 ? leftMs - againMs : 0
}
