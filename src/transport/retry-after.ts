/**
 * Milliseconds that a `Retry-After` header asks to wait: whole or decimal seconds, or an HTTP date (RFC 9110 §10.2.3).
 * `undefined` when it is absent or not understood; never negative.
 */
export function parseRetryAfter(value: string | readonly string[] | undefined, nowEpochMs: number): number | undefined {
  const text = (typeof value === 'string' ? value : value?.[0])?.trim()
  if (text === undefined || text === '') return undefined
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  // Date.parse reads many things that are no HTTP date, "-5" among them.
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowEpochMs)
}
