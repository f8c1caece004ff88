import type { HeadraceError } from '../errors/headrace-error.js'
import type { Capabilities } from './capabilities.js'
import type { AnswerSink, CanonicalRequest } from './engine.js'
import type { Warning } from './response.js'
import type { ServerLoad } from './server-load.js'

/** A request in a server's own words. */
export interface WireRequest {
  /** From the endpoint's root: `/v1/chat/completions`. */
  readonly path: string
  /** The JSON body. Never holds `null` for an unset field. */
  readonly body: Readonly<Record<string, unknown>>
  /** What the caller should know of how the request was written. */
  readonly warnings?: readonly Warning[] | undefined
}

/** An answer with an error status, read whole. */
export interface ErrorAnswer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** At most 64 KiB of it. */
  readonly body: string
  /** What `Retry-After` asks to wait, where it is there and understood. */
  readonly retryAfterMs: number | undefined
}

/** What came with an answer that was just received, for dialects whose answers are not told by their bodies alone. */
export interface AnswerContext {
  readonly request: CanonicalRequest
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** Reads the events of one stream. */
export interface StreamReader {
  /** Whether the server said that the answer is complete: nothing of it comes any more, though the body may go on. */
  readonly isDone: boolean
  /**
   * One event's data.
   *
   * @throws HeadraceError what the server reported in the event, or `MALFORMED_RESPONSE`.
   */
  event(data: string, sink: AnswerSink): void
  /**
   * Nothing more is read: reports what was held back. Called once, also when the stream fails or is aborted.
   *
   * @returns whether the answer is complete.
   */
  end(sink: AnswerSink): boolean
}

/** Where a server says how full it is. */
export interface LoadRoute {
  /** From the endpoint's root: `/metrics`. */
  readonly path: string
  /** @returns `undefined` when the text does not say it. */
  read(text: string): ServerLoad | undefined
}

/** How a server speaks. Pure: no state beyond the model it was made for, no network. */
export interface Dialect {
  readonly capabilities: Capabilities
  /** Absent: the server does not say how full it is. */
  readonly load?: LoadRoute | undefined
  /** @throws HeadraceError when the request cannot be expressed. */
  compile(request: CanonicalRequest): WireRequest
  /**
   * Reads a whole JSON answer, just received or stored long ago.
   *
   * @throws HeadraceError `MALFORMED_RESPONSE` when it is not one.
   */
  read(answer: unknown, kind: CanonicalRequest['kind'], sink: AnswerSink, context?: AnswerContext): void
  createStreamReader(kind: CanonicalRequest['kind'], context?: AnswerContext): StreamReader
  readError(answer: ErrorAnswer): HeadraceError
}
