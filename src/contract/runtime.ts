/** Time and chance, injected so that tests own them. */
export interface Runtime {
  /** Milliseconds that only grow. */
  now(): number
  /** From 0 up to but not including 1. */
  random(): number
  /** Calls `callback` once after `delayMs`; the returned function cancels. Keeps the process alive while it waits. */
  setTimer(callback: () => void, delayMs: number): () => void
  /** The environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Writes one diagnostic line. */
  log(line: string): void
}
