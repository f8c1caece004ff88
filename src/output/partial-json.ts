import { unwrapped } from './wrap-schema.js'

/**
 * Reads a JSON text that is still arriving. What came is read once: objects and lists are the same ones all the time, and
 * grow. Thinking and the line that opens a code fence are passed over; after what is no JSON the value stays as it is.
 */
export class PartialJson {
  readonly #isWrapped: boolean
  readonly #feed = new Feed()
  /** What may stand before the text, until it is known where that begins. */
  #head: string | undefined = ''
  #value: unknown
  #hasFailed = false

  constructor({ isWrapped = false }: { readonly isWrapped?: boolean } = {}) {
    this.#isWrapped = isWrapped
  }

  /** Nothing of the text so far counts any more. */
  reset(): PartialJson {
    this.#feed.end()
    return new PartialJson({ isWrapped: this.#isWrapped })
  }

  /** Adds a piece. @returns what the text amounts to so far; `undefined` while that is nothing. */
  async push(delta: string): Promise<unknown> {
    const text = this.#head === undefined ? delta : this.#begin(this.#head + delta)
    if (text !== '' && !this.#hasFailed) await this.#feed.push(text)
    if (!this.#isWrapped) return this.#value
    const value = unwrapped(this.#value)
    return value === this.#value ? undefined : value
  }

  /** The text from where the JSON begins. */
  #begin(head: string): string {
    const start = beginning(head)
    if (start === undefined) {
      this.#head = head
      return ''
    }
    this.#head = undefined
    void this.#read()
    return head.slice(start)
  }

  async #read(): Promise<void> {
    try {
      const { parse } = await import('jsonriver')
      for await (const value of parse(this.#feed)) this.#value = value
    } catch {
      // It is no JSON, or something stands after it.
    }
    this.#hasFailed = true
    this.#feed.end()
  }
}

/** Where the JSON begins; `undefined` while that cannot be said. */
function beginning(head: string): number | undefined {
  let at = head.length - head.trimStart().length
  if ('<think>'.startsWith(head.slice(at, at + '<think>'.length))) {
    const close = head.indexOf('</think>', at)
    if (close === -1) return undefined
    at = close + '</think>'.length
    at += head.slice(at).length - head.slice(at).trimStart().length
  }
  if (at === head.length) return undefined
  if (/[[{"\-\d]/.test(head[at] as string)) return at
  const fence = /^[ \t]*```[^\n`]*\n\s*(?=\S)/m.exec(head.slice(at))
  return fence === null ? undefined : at + fence.index + fence[0].length
}

/** Hands pieces to one reader, and says when it has read all of them. */
class Feed implements AsyncIterator<string, undefined>, AsyncIterable<string> {
  #pieces: string[] = []
  #isEnded = false
  #take: ((result: IteratorResult<string, undefined>) => void) | undefined
  #waiting: (() => void)[] = []

  push(piece: string): Promise<void> {
    if (this.#isEnded) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      if (this.#take === undefined) this.#pieces.push(piece)
      else this.#hand(piece)
    })
  }

  next(): Promise<IteratorResult<string, undefined>> {
    const piece = this.#pieces.shift()
    if (piece !== undefined) return Promise.resolve({ done: false, value: piece })
    // Whoever asks for more has read what there was.
    for (const resolve of this.#waiting.splice(0)) resolve()
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve) => (this.#take = resolve))
  }

  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#take?.({ done: true, value: undefined })
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #hand(piece: string): void {
    const take = this.#take
    this.#take = undefined
    take?.({ done: false, value: piece })
  }
}
