import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { bytesOf, textOf, TokenText } from './token-text.js'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('TokenText', () => {
  it('gives a character when it is whole', () => {
    const text = new TokenText()
    const [first = 0, second = 0, third = 0] = bytes('日')
    expect(text.push('a')).toBe('a')
    expect(text.push(Uint8Array.of(first))).toBe('')
    expect(text.push(Uint8Array.of(second))).toBe('')
    expect(text.push(Uint8Array.of(third))).toBe('日')
    expect(text.push('b')).toBe('b')
  })

  it('keeps an open character over a token without text', () => {
    const text = new TokenText()
    const [first = 0, second = 0] = bytes('é')
    expect(text.push(Uint8Array.of(first)) + text.push('') + text.push(Uint8Array.of(second))).toBe('é')
  })

  it('replaces what is no character', () => {
    const text = new TokenText()
    expect(text.push(Uint8Array.of(0xe6)) + text.push('a')).toBe('\uFFFDa')
    expect(text.push('\uFFFD')).toBe('\uFFFD')
  })

  it('keeps a byte order mark', () => {
    expect(new TokenText().push(Uint8Array.of(0xef, 0xbb, 0xbf))).toBe('\uFEFF')
  })

  it('gives the same text however its bytes are cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.infiniteStream(fc.integer({ min: 1, max: 5 })), (whole, sizes) => {
        const all = bytes(whole)
        const text = new TokenText()
        let joined = ''
        for (let at = 0; at < all.length;) {
          const piece = all.slice(at, at + (sizes.next().value as number))
          const delta = text.push(isText(piece) ? textOf(piece) : piece)
          expect(delta).not.toMatch(/\p{Surrogate}/u)
          joined += delta
          at += piece.length
        }
        expect(joined).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(all))
      }),
      { numRuns: 30 },
    )
  })
})

function isText(piece: Uint8Array): boolean {
  return Buffer.compare(bytesOf(textOf(piece)), piece) === 0
}
