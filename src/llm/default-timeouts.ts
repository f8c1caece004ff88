import type { ResolvedTimeouts } from '../contract/options.js'

/** Of models behind a server. */
export const defaultTimeouts: ResolvedTimeouts = {
  connectMs: 10_000,
  firstTokenMs: 600_000,
  idleMs: 120_000,
  totalMs: Infinity,
}
