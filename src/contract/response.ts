import type { Route } from './capabilities.js'
import type { ChatMessage, ToolCall } from './message.js'
import type { OutputReport } from './structured-output.js'

/**
 * Why generation ended.
 *
 * - `stop`: the model's end of turn, or a stop string
 * - `length`: `maxTokens` or the end of the context window
 * - `tool-calls`: the model calls tools
 * - `content-filter`: the server withheld the rest
 * - `other`: a reason that this version does not know; see {@link FinishReason.raw}
 */
export type UnifiedFinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'other'

export interface FinishReason {
  readonly unified: UnifiedFinishReason
  /** The server's own word. */
  readonly raw: string | undefined
}

/** Tokens, as the server or engine counted them. Absent where it did not say. */
export interface Usage {
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  readonly totalTokens: number | undefined
  /** The server's own object. */
  readonly raw?: unknown
}

/** One likely token. */
export interface TokenLogprob {
  readonly token: string
  /** Natural logarithm of the probability. */
  readonly logprob: number
  /** The token's bytes, where the server gives them; a token may be part of a character. */
  readonly bytes?: readonly number[] | undefined
}

/** A generated token and the likeliest candidates for its place. */
export interface ContentLogprob extends TokenLogprob {
  readonly top: readonly TokenLogprob[]
}

/** Something that the caller should know and that did not change the result's validity. */
export interface Warning {
  /** Stable, for programs: `unsupported-option`, `context-window-unknown`, ... */
  readonly code: string
  /** One sentence, for people. */
  readonly message: string
}

/** When things happened; milliseconds since the call began. */
export interface Timings {
  /** Until the first text, reasoning or tool-call delta. Absent for an answer that came whole. */
  readonly firstTokenMs: number | undefined
  readonly totalMs: number
  /** Requests sent, the retried ones included. */
  readonly attempts: number
}

/** What every answer carries. */
export interface ResponseBase {
  /** The answer's text, without reasoning. */
  readonly text: string
  /** What the model thought first, where it does and the server tells. */
  readonly reasoning: string | undefined
  readonly finishReason: FinishReason
  /** Of all answers that were needed, see {@link ResponseBase.structuredOutput}. */
  readonly usage: Usage
  /** How the answer was held to its `structuredOutput`; `undefined` where none was asked for. */
  readonly structuredOutput?: OutputReport | undefined
  /** One entry a token, when asked for. */
  readonly logprobs: readonly ContentLogprob[] | undefined
  /** The model that answered, by the server's word. */
  readonly model: string | undefined
  /** The seed that was sent. */
  readonly seed: number | undefined
  /** The route that was taken: asked as a conversation, or literal text continued. */
  readonly route: Route
  readonly warnings: readonly Warning[]
  readonly timings: Timings
  /**
   * What the server sent: the JSON body, or for a stream the last event that had a finish reason or usage. For the
   * embedded engine, its own description of the run.
   */
  readonly raw: unknown
}

/** The answer to `complete`. `T` is what `structuredOutput` promises. */
export interface CompletionResponse<T = unknown> extends ResponseBase {
  /** The validated value, when `structuredOutput` was asked for. */
  readonly parsed: T | undefined
  /** The other answers, when `n` was asked for. */
  readonly alternatives: readonly CompletionResponse<T>[]
}

/** The answer to `chat`. */
export interface ChatResponse<T = unknown> extends ResponseBase {
  /** The answer as a message, ready to be appended to the conversation. */
  readonly message: ChatMessage
  readonly toolCalls: readonly ToolCall[]
  /** The validated value, when `structuredOutput` was asked for. */
  readonly parsed: T | undefined
  /** The other answers, when `n` was asked for. */
  readonly alternatives: readonly ChatResponse<T>[]
}
