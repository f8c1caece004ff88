/** What may be handed on, and the stop string that ended the text, if one did. */
export interface StopMatch {
  readonly text: string
  readonly stopped: string | undefined
}

/**
 * Finds stop strings in a text that arrives in pieces. Holds back only what may be the beginning of one. The stop string
 * that is complete first ends the text, wherever the pieces were cut; of two that are complete at once, the longer.
 */
export class StopStrings {
  readonly #stops: readonly string[]
  #held = ''

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== '')
  }

  push(piece: string): StopMatch {
    if (this.#stops.length === 0) return { text: piece, stopped: undefined }
    const text = this.#held + piece
    const found = this.#find(text)
    if (found !== undefined) {
      this.#held = ''
      return { text: text.slice(0, found.start), stopped: found.stop }
    }
    const free = text.length - this.#possibleStart(text)
    this.#held = text.slice(free)
    return { text: text.slice(0, free), stopped: undefined }
  }

  /** The text ended by itself: what was held back belongs to it. */
  flush(): string {
    const held = this.#held
    this.#held = ''
    return held
  }

  #find(text: string): { readonly start: number; readonly stop: string } | undefined {
    let found: { readonly start: number; readonly stop: string } | undefined
    let foundEnd = Infinity
    for (const stop of this.#stops) {
      const start = text.indexOf(stop)
      if (start === -1) continue
      const end = start + stop.length
      if (end < foundEnd || (end === foundEnd && found !== undefined && start < found.start)) {
        found = { start, stop }
        foundEnd = end
      }
    }
    return found
  }

  /** The length of the longest end of `text` that is the beginning of a stop string. */
  #possibleStart(text: string): number {
    let longest = 0
    for (const stop of this.#stops) {
      for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
        if (text.endsWith(stop.slice(0, length))) longest = length
      }
    }
    return longest
  }
}
