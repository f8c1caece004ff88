export interface SequenceOptions {
  readonly promptTokens: number
  /** How many tokens it will generate. */
  readonly outputTokens: number
}

/** One request in the engine. What the engine keeps of it is its own to change. */
export class Sequence {
  readonly promptTokens: number
  readonly outputTokens: number
  readonly arrivedAtMs: number
  /** It generates a token in every so many steps. */
  readonly stepsPerToken: number
  state: 'waiting' | 'running' | 'finished' | 'gone' = 'waiting'
  startedAtMs: number | undefined
  firstTokenAtMs: number | undefined
  generated = 0
  /** Whether its prompt was counted. */
  isRead = false
  /** Tokens that must be read before the next one comes: the prompt, after a preemption what was generated as well. */
  unread: number
  /** Tokens whose keys and values are in the cache, and the blocks that they take. */
  cached = 0
  blocks = 0
  /** Tokens of it in the step under way. */
  scheduled = 0
  turns = 0

  constructor({ promptTokens, outputTokens }: SequenceOptions, arrivedAtMs: number, stepsPerToken: number) {
    this.promptTokens = promptTokens
    this.outputTokens = outputTokens
    this.arrivedAtMs = arrivedAtMs
    this.stepsPerToken = stepsPerToken
    this.unread = promptTokens
  }
}
