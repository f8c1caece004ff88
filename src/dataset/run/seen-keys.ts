import { hash } from 'node:crypto'

const firstSlots = 1024
const empty = -1

/**
 * Which texts have been there, by 53 bits of their hash in an open table of 8 bytes a slot: 17 bytes a text on average and
 * 134 MB for ten million. That two texts among ten million have one hash happens in one of 180 runs, and costs one row.
 */
export class SeenKeys {
  #slots = new Float64Array(firstSlots).fill(empty)
  #size = 0
  #fresh: number[] = []

  /** @returns whether the text is new; it then counts as seen. */
  add(text: string): boolean {
    const key = Number.parseInt(hash('sha256', text).slice(0, 14), 16) % Number.MAX_SAFE_INTEGER
    if (!this.#insert(key)) return false
    this.#fresh.push(key)
    return true
  }

  /** What was seen by an earlier process. */
  restore(keys: Float64Array): void {
    for (const key of keys) this.#insert(key)
  }

  /** What was added since it was asked last. */
  takeFresh(): Float64Array {
    const fresh = Float64Array.from(this.#fresh)
    this.#fresh = []
    return fresh
  }

  #insert(key: number): boolean {
    // Probing stays short while two of five slots are free.
    if ((this.#size + 1) * 5 > this.#slots.length * 3) this.#grow()
    const slots = this.#slots
    let slot = key % slots.length
    while (slots[slot] !== empty) {
      if (slots[slot] === key) return false
      slot = (slot + 1) % slots.length
    }
    slots[slot] = key
    this.#size++
    return true
  }

  #grow(): void {
    const before = this.#slots
    this.#slots = new Float64Array(before.length * 2).fill(empty)
    this.#size = 0
    for (const key of before) if (key !== empty) this.#insert(key)
  }
}
