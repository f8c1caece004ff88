import type { SourceRow } from '../sources/source.js'

/** Lets the rows of a source through as far as something allows, which may allow more later, and ends when it says so. */
export class GatedPages implements AsyncIterableIterator<readonly SourceRow[]> {
  readonly #pages: AsyncIterator<readonly SourceRow[]>
  /** Rows below may pass; `undefined`: no more will. */
  readonly #limit: () => number | undefined
  #rows: readonly SourceRow[] = []
  #wake: () => void = () => undefined
  #isClosed = false

  constructor(pages: AsyncIterable<readonly SourceRow[]>, limit: () => number | undefined) {
    this.#pages = pages[Symbol.asyncIterator]()
    this.#limit = limit
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** The limit may be another one. */
  changed(): void {
    this.#wake()
  }

  async next(): Promise<IteratorResult<readonly SourceRow[], undefined>> {
    for (;;) {
      const limit = this.#limit()
      if (this.#isClosed || limit === undefined) return { done: true, value: undefined }
      if (this.#rows.length === 0) {
        const { done, value } = await this.#pages.next()
        if (done === true) return { done, value: undefined }
        this.#rows = value
        continue
      }
      const count = this.#rows.findIndex(({ index }) => index >= limit)
      const page = count === -1 ? this.#rows : this.#rows.slice(0, count)
      if (page.length > 0) {
        this.#rows = this.#rows.slice(page.length)
        return { done: false, value: page }
      }
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  async return(): Promise<IteratorResult<readonly SourceRow[], undefined>> {
    this.#isClosed = true
    this.#wake()
    await this.#pages.return?.()
    return { done: true, value: undefined }
  }
}
