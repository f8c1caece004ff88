/** The parts of OpenAI's chat and completion answers that are read; everything may be absent. */
export interface WireAnswer {
  readonly model?: unknown
  readonly choices?: unknown
  readonly usage?: unknown
  readonly error?: unknown
  readonly object?: unknown
}

export interface WireChoice {
  readonly index?: unknown
  readonly message?: WireMessage | null
  readonly delta?: WireMessage | null
  readonly text?: unknown
  readonly logprobs?: unknown
  readonly finish_reason?: unknown
}

export interface WireMessage {
  readonly content?: unknown
  readonly reasoning_content?: unknown
  readonly reasoning?: unknown
  readonly tool_calls?: unknown
}

export interface WireToolCall {
  readonly index?: unknown
  readonly id?: unknown
  readonly function?: { readonly name?: unknown; readonly arguments?: unknown } | null
}
