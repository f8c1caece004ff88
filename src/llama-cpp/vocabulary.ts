import type { LlamaModel, Token } from 'node-llama-cpp'

import type { TokenPiece } from './token-text.js'

/** How a vocabulary writes its tokens down. */
type Notation = 'byte-level' | 'sentence-piece' | 'other'

const notations: Readonly<Record<string, Notation>> = {
  gpt2: 'byte-level',
  llama: 'sentence-piece',
  gemma4: 'sentence-piece',
}

/** `undefined` until asked for. */
interface TokenFacts {
  piece: TokenPiece | undefined
  isEnd: boolean | undefined
  isControl: boolean | undefined
}

/**
 * The tokens of a model, each looked up once.
 *
 * The pieces are read from the model's own vocabulary: detokenizing one token at a time would turn a part of a character
 * into U+FFFD, strip a leading space (SentencePiece) or a space before a comma (where the tokenizer is told to clean up).
 */
export class Vocabulary {
  readonly #model: LlamaModel
  readonly #texts: readonly string[]
  readonly #notation: Notation
  readonly #facts = new Map<Token, TokenFacts>()
  readonly #turnMarks: string

  /** @param turnMarks - The chat template's source: user-defined tokens that occur in it steer the model. */
  constructor(model: LlamaModel, turnMarks: string) {
    this.#model = model
    const vocabulary = model.fileInfo.metadata.tokenizer?.ggml
    this.#texts = vocabulary?.tokens ?? []
    this.#notation = notations[vocabulary?.model ?? ''] ?? 'other'
    this.#turnMarks = turnMarks
  }

  /** What the token adds to a text; nothing for control tokens. */
  piece(token: Token): TokenPiece {
    return (this.#factsOf(token).piece ??= this.#readPiece(token))
  }

  /** Whether the token ends an answer: end of text, end of turn. */
  isEnd(token: Token): boolean {
    return (this.#factsOf(token).isEnd ??= this.#model.isEogToken(token))
  }

  /** Whether the token steers the model instead of being text: control tokens, and those that separate turns. */
  isControl(token: Token): boolean {
    return (this.#factsOf(token).isControl ??= this.#readIsControl(token))
  }

  /** How the token is written in the vocabulary; of a control token, what stands for it in a prompt. */
  written(token: Token): string {
    return this.#texts[token] ?? ''
  }

  #factsOf(token: Token): TokenFacts {
    let facts = this.#facts.get(token)
    if (facts === undefined) {
      facts = { piece: undefined, isEnd: undefined, isControl: undefined }
      this.#facts.set(token, facts)
    }
    return facts
  }

  #readIsControl(token: Token): boolean {
    const attributes = this.#model.getTokenAttributes(token)
    if (attributes.control || attributes.unknown) return true
    if (!attributes.userDefined) return false
    // Some models (Phi-3) have their turn marks as user-defined tokens, which llama.cpp recognises in any text. Most
    // user-defined tokens are runs of spaces or HTML tags, though, and steer nothing.
    const text = this.written(token)
    return text.length > 1 && /[^\s\w]/.test(text) && this.#turnMarks.includes(text)
  }

  #readPiece(token: Token): TokenPiece {
    const text = this.#texts[token]
    if (text === undefined || this.#notation === 'other') return this.#model.detokenize([token])
    const attributes = this.#model.getTokenAttributes(token)
    if (attributes.control || attributes.unknown) return ''
    if (attributes.userDefined) return text
    if (attributes.byte) return toPiece(Uint8Array.of(Number.parseInt(text.slice(3, 5), 16)))
    if (this.#notation === 'sentence-piece') return text.replaceAll('\u2581', ' ')
    return toPiece(decodeByteLevel(text))
  }
}

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function toPiece(bytes: Uint8Array): TokenPiece {
  try {
    return strictDecoder.decode(bytes)
  } catch {
    return bytes
  }
}

/** GPT-2's way to write bytes as characters: printable ones stand for themselves, the others follow from U+0100. */
const byteOfCharacter: ReadonlyMap<string, number> = new Map(
  (() => {
    const isPrintable = (byte: number): boolean =>
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae
    let next = 0x100
    return Array.from({ length: 256 }, (_, byte): [string, number] => [
      String.fromCodePoint(isPrintable(byte) ? byte : next++),
      byte,
    ])
  })(),
)

function decodeByteLevel(text: string): Uint8Array {
  const bytes: number[] = []
  for (const character of text) {
    const byte = byteOfCharacter.get(character)
    if (byte === undefined) bytes.push(...new TextEncoder().encode(character))
    else bytes.push(byte)
  }
  return Uint8Array.from(bytes)
}
