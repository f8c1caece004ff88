import { createHash, timingSafeEqual } from 'node:crypto'

import type { Runtime } from '../../contract/runtime.js'
import { HttpFailure } from '../http-failure.js'
import type { Scope } from './xinference-route.js'

/** What a key may do. */
const keyScopes: ReadonlySet<Scope> = new Set(['models:list', 'models:read'])

const maxFailures = 10
const windowMs = 300_000
const banMs = 3_600_000

interface FailureRecord {
  readonly times: readonly number[]
  readonly bannedUntil: number
}

/**
 * Lets requests with the right key in, which may list and ask models, as on Xinference. Ten wrong keys within 300 s ban their address for an hour,
 * the right key included; a missing key is refused and not counted.
 */
export class BearerGate {
  readonly #keyDigest: Buffer
  readonly #clock: Pick<Runtime, 'now'>
  readonly #records = new Map<string, FailureRecord>()
  #sweptAt: number

  constructor(apiKey: string, clock: Pick<Runtime, 'now'>) {
    this.#keyDigest = digest(apiKey)
    this.#clock = clock
    this.#sweptAt = clock.now()
  }

  /**
   * @param authorization - The header, if there is one.
   * @param address - The client's.
   * @param scope - What the route needs.
   * @throws HttpFailure 401, 403 or 429
   */
  check(authorization: string | undefined, address: string, scope: Scope): void {
    if (this.#isBanned(address)) throw new HttpFailure(429, 'Too many failed attempts. IP temporarily banned.')
    const key = readBearer(authorization)
    const headers = { 'www-authenticate': `Bearer scope="${scope}"` }
    // Digests have one length, so the comparison says nothing of the key's.
    if (key !== undefined && timingSafeEqual(digest(key), this.#keyDigest)) {
      if (keyScopes.has(scope)) return
      throw new HttpFailure(403, 'API keys can only access model query and inference endpoints', headers)
    }
    if (key !== undefined) this.#recordFailure(address)
    throw new HttpFailure(401, 'Could not validate credentials', headers)
  }

  #isBanned(address: string): boolean {
    const bannedUntil = this.#records.get(address)?.bannedUntil ?? 0
    if (bannedUntil === 0) return false
    if (this.#clock.now() < bannedUntil) return true
    this.#records.delete(address)
    return false
  }

  #recordFailure(address: string): void {
    const now = this.#clock.now()
    this.#sweep(now)
    const times = (this.#records.get(address)?.times ?? []).filter((time) => time > now - windowMs)
    times.push(now)
    this.#records.set(address, { times, bannedUntil: times.length >= maxFailures ? now + banMs : 0 })
  }

  /** Forgets what no longer counts, so that memory does not grow with the addresses that ever came. */
  #sweep(now: number): void {
    if (now - this.#sweptAt < windowMs) return
    this.#sweptAt = now
    for (const [address, { times, bannedUntil }] of this.#records) {
      if (bannedUntil <= now && (times.at(-1) ?? 0) <= now - windowMs) this.#records.delete(address)
    }
  }
}

function readBearer(authorization: string | undefined): string | undefined {
  const [, key] = /^bearer +(\S.*)$/i.exec(authorization ?? '') ?? []
  return key
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
