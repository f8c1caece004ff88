/**
 * Something that is made once, used by several owners, and released when the last of them lets go. A failed making is
 * forgotten, so that the next one tries again. Once released it is not made again.
 */
export class SharedResource<T> {
  readonly #create: (signal: AbortSignal) => Promise<T>
  readonly #destroy: (value: T) => Promise<void>
  #owners = 0
  #pending: Promise<T> | undefined
  #value: T | undefined
  readonly #released = new AbortController()

  /** `create` gets a signal that aborts when the last owner lets go. */
  constructor(create: (signal: AbortSignal) => Promise<T>, destroy: (value: T) => Promise<void>) {
    this.#create = create
    this.#destroy = destroy
  }

  /** The value, once made. */
  get value(): T | undefined {
    return this.#value
  }

  /** Makes it, once however often it is called. */
  get(): Promise<T> {
    this.#pending ??= this.#create(this.#released.signal).then(
      (value) => (this.#value = value),
      (error: unknown) => {
        this.#pending = undefined
        throw error
      },
    )
    return this.#pending
  }

  retain(): this {
    this.#owners++
    return this
  }

  async release(): Promise<void> {
    if (--this.#owners > 0) return
    const pending = this.#pending
    this.#pending = undefined
    this.#value = undefined
    if (pending === undefined) return
    this.#released.abort()
    const value = await pending.catch(() => undefined)
    if (value !== undefined) await this.#destroy(value)
  }
}
