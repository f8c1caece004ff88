/** What must not show anywhere: in no error, no log line, no JSON. */
export class Secrets {
  readonly #all: string[] = []
  readonly #tokens: string[] = []

  /** The same array always, which grows and shrinks. */
  get all(): readonly string[] {
    return this.#all
  }

  keep(secret: string): string {
    this.#all.push(secret)
    return secret
  }

  /** What a server says may still hold the tokens before these; older ones are dead. */
  keepTokens(tokens: readonly string[]): void {
    for (const token of this.#tokens.splice(0, Math.max(0, this.#tokens.length - tokens.length))) {
      this.#all.splice(this.#all.indexOf(token), 1)
    }
    for (const token of tokens) this.#tokens.push(this.keep(token))
  }
}
