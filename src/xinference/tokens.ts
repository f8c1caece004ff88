/** What a login gives. */
export interface Tokens {
  readonly accessToken: string
  /** Good for one renewal; servers before 3 give none. */
  readonly refreshToken: string | undefined
  /** `Infinity` for servers whose tokens never expire (2.x). */
  readonly lifetimeMs: number
}

/** A token is renewed this long before it expires, or half-way where it lives shorter than twice that. */
const renewalMarginMs = 60_000
/** Of a token that does not tell; server 3 gives 30 minutes. */
const usualLifetimeMs = 25 * 60_000

/**
 * Reads the answer of a login or a renewal.
 *
 * @param serverTime - The server's time of day: its clock and the one here may differ by hours.
 * @returns `undefined` for an answer without a token.
 */
export function readTokens(answer: unknown, serverTime: number): Tokens | undefined {
  const { access_token: accessToken, refresh_token: refreshToken } = (answer ?? {}) as Record<string, unknown>
  if (typeof accessToken !== 'string' || accessToken === '') return undefined
  if (typeof refreshToken !== 'string') return { accessToken, refreshToken: undefined, lifetimeMs: Infinity }
  return { accessToken, refreshToken, lifetimeMs: readLifetime(accessToken, serverTime) }
}

/** How long a token that has just been given is used. */
export function useMs({ lifetimeMs }: Tokens): number {
  return Math.max(lifetimeMs - renewalMarginMs, lifetimeMs / 2)
}

/** From the claims of a JSON Web Token (RFC 7519 §4.1). */
function readLifetime(token: string, serverTime: number): number {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
    const { exp, iat } = claims
    const lifetimeMs = Number(exp) * 1000 - (typeof iat === 'number' ? iat * 1000 : serverTime)
    if (lifetimeMs > 0) return lifetimeMs
  } catch {
    // An opaque token.
  }
  return usualLifetimeMs
}
