import type { OutputIssue } from '../errors/invalid-output-error.js'
import type { ChatResponse, CompletionResponse, ContentLogprob, ResponseBase } from './response.js'
import type { DeepPartial } from './structured-output.js'

/** What every part of a stream has, so that `part.delta` can be printed whatever the part is. */
interface StreamPartBase {
  /**
   * The text that this part adds to the answer; `''` for parts that add none.
   *
   * The deltas are the text, joined, but for one case: a reasoning model whose server leaves tags out. What it said may
   * turn out to be the other of text and reasoning; a part of that kind then holds all of it at once, and `text` of it and
   * of all later parts is right.
   */
  readonly delta: string
  /** The whole text so far. Reading it is what costs, not having it. */
  readonly text: string
}

/** Text arrived. */
export interface TextStreamPart<T = unknown> extends StreamPartBase {
  readonly type: 'text'
  /**
   * With a `structuredOutput` of the format `json`, what the text amounts to so far; `undefined` as long as that is nothing.
   * It is not validated yet. Objects and lists are the same ones in every part and grow: copy what you want to keep as it is.
   */
  readonly partial?: DeepPartial<T> | undefined
  readonly logprobs?: readonly ContentLogprob[] | undefined
}

/** The model thinks. */
export interface ReasoningStreamPart extends StreamPartBase {
  readonly type: 'reasoning'
  readonly reasoningDelta: string
  /** All reasoning so far. */
  readonly reasoning: string
}

/** A piece of a tool call. The whole calls are on the final response. */
export interface ToolCallStreamPart extends StreamPartBase {
  readonly type: 'tool-call'
  /** Which call of the answer this is, from 0. */
  readonly index: number
  readonly id: string | undefined
  readonly name: string | undefined
  readonly argumentsDelta: string
}

/**
 * The answer so far was not valid, and another one is asked for: everything before this part is void. Comes only where
 * `structuredOutput.maxAttempts` was given.
 */
export interface RestartStreamPart extends StreamPartBase {
  readonly type: 'restart'
  /** The number of the answer that follows, from 2. */
  readonly attempt: number
  /** What was wrong. */
  readonly issues: readonly OutputIssue[]
}

/** The end of a complete answer; always the last part, and only of a complete answer: every other end throws. */
export interface FinishStreamPart<R extends ResponseBase> extends StreamPartBase {
  readonly type: 'finish'
  readonly response: R
}

export type ChatStreamPart<T = unknown> =
  | TextStreamPart<T>
  | ReasoningStreamPart
  | ToolCallStreamPart
  | RestartStreamPart
  | FinishStreamPart<ChatResponse<T>>

export type CompletionStreamPart<T = unknown> =
  | TextStreamPart<T>
  | ReasoningStreamPart
  | RestartStreamPart
  | FinishStreamPart<CompletionResponse<T>>

/**
 * A stream in progress. Nothing is sent before the first part is asked for. It can be read once.
 *
 * A complete answer ends with a `finish` part. Every other end throws, and each error carries the text, reasoning and
 * usage so far as `partial`: `STREAM_TRUNCATED` (the connection ended before the answer did), `ABORTED` (the caller's
 * signal), `TIMEOUT`, `MALFORMED_RESPONSE` (bytes that are not the protocol), or the server's own error.
 *
 * Leaving the loop early (`break`, `return`, `throw`) closes the connection.
 */
export interface LLMStream<Part, Response> extends AsyncIterable<Part> {
  [Symbol.asyncIterator](): AsyncIterator<Part, undefined, undefined>
  /** Reads what is left and resolves with the whole answer. */
  response(): Promise<Response>
}

export type ChatStream<T = unknown> = LLMStream<ChatStreamPart<T>, ChatResponse<T>>
export type CompletionStream<T = unknown> = LLMStream<CompletionStreamPart<T>, CompletionResponse<T>>
