import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Lets requests with the right `Authorization: Bearer` in; all of them where no key is needed. */
export class KeyGate {
  readonly #keyDigest: Buffer | undefined

  constructor(apiKey: string | undefined) {
    this.#keyDigest = apiKey === undefined ? undefined : digest(apiKey)
  }

  admits({ headers }: IncomingMessage): boolean {
    if (this.#keyDigest === undefined) return true
    const [, key] = /^bearer +(\S.*)$/i.exec(headers.authorization ?? '') ?? []
    // Digests have one length, so the comparison says nothing of the key's.
    return key !== undefined && timingSafeEqual(digest(key), this.#keyDigest)
  }
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
