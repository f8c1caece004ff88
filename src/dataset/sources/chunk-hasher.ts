import { createHash, type Hash } from 'node:crypto'

import type { SourceChunk } from './source.js'

/** How much of an input one hash stands for, in bytes. */
export const chunkBytes: number = 4 * 1024 * 1024

/** Hashes a part of an input chunk by chunk as it passes, from the beginning of a chunk on. */
export class ChunkHasher {
  readonly #part: number
  readonly #onChunk: (chunk: SourceChunk) => void
  #index: number
  #hash: Hash | undefined
  #length = 0

  constructor(part: number, firstChunk: number, onChunk: (chunk: SourceChunk) => void) {
    this.#part = part
    this.#index = firstChunk
    this.#onChunk = onChunk
  }

  update(bytes: Uint8Array): void {
    let rest = bytes
    while (rest.length > 0) {
      this.#hash ??= createHash('sha256')
      const piece = rest.subarray(0, chunkBytes - this.#length)
      this.#hash.update(piece)
      this.#length += piece.length
      rest = rest.subarray(piece.length)
      if (this.#length === chunkBytes) this.end()
    }
  }

  /** The part ends here. */
  end(): void {
    if (this.#hash === undefined) return
    const hash = this.#hash.digest('base64')
    this.#hash = undefined
    this.#length = 0
    this.#onChunk({ part: this.#part, index: this.#index++, hash })
  }
}
