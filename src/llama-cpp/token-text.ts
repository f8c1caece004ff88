/** A token's text, or its bytes where they are no text on their own: a part of a character, or several parts. */
export type TokenPiece = string | Uint8Array

const encoder = new TextEncoder()

/**
 * Joins tokens to text. A character whose bytes are spread over tokens appears once it is whole; bytes that are no
 * character become U+FFFD, as decoders do it; a character that is never completed does not appear.
 */
export class TokenText {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #hasOpenBytes = false

  push(piece: TokenPiece): string {
    if (typeof piece !== 'string') {
      this.#hasOpenBytes = true
      return this.#decoder.decode(piece, { stream: true })
    }
    if (!this.#hasOpenBytes || piece === '') return piece
    // Text begins a new character and ends with a whole one, so nothing is open after it.
    this.#hasOpenBytes = false
    return this.#decoder.decode(encoder.encode(piece), { stream: true })
  }
}

/** The bytes of a piece. */
export function bytesOf(piece: TokenPiece): Uint8Array {
  return typeof piece === 'string' ? encoder.encode(piece) : piece
}

/** A piece as text, with U+FFFD for what is not. */
export function textOf(piece: TokenPiece): string {
  return typeof piece === 'string' ? piece : new TextDecoder('utf-8', { ignoreBOM: true }).decode(piece)
}
