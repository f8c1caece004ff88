import type { HeadraceError } from '../errors/headrace-error.js'
import type { Capabilities, Route } from './capabilities.js'
import type { ChatMessage } from './message.js'
import type { GenerationOptions, ResolvedTimeouts } from './options.js'
import type { ContentLogprob, FinishReason, Usage, Warning } from './response.js'
import type { ServerLoad } from './server-load.js'
import type { Constraint } from './structured-output.js'

/** A call after validation and merging: what a dialect compiles and an engine runs. */
export interface CanonicalRequest {
  readonly kind: Route
  /** Of a chat: never empty; images are web addresses or data URLs. */
  readonly messages: readonly ChatMessage[] | undefined
  /** Of a completion: literal text. */
  readonly prompt: string | undefined
  /**
   * The prompt was rendered from a conversation here, so it has all its special tokens as text. `bos` is the one that it
   * begins with and that a server which adds special tokens would add a second time.
   */
  readonly rendered: { readonly bos: string | undefined } | undefined
  /** The call's options over the model's defaults. `n` and `structuredOutput` are handled above. */
  readonly options: Omit<GenerationOptions, 'n' | 'structuredOutput'>
  /** What `structuredOutput` asks for, where the route constrains to it. */
  readonly constraint: Constraint | undefined
  /** Ask for a stream. */
  readonly stream: boolean
}

/**
 * Where an engine reports an answer, piece by piece and synchronously. An answer that came whole is reported the same
 * way in one go.
 */
export interface AnswerSink {
  /** The request left for the server; for an embedded engine, evaluation began. */
  sent(): void
  /** Bytes arrived that may hold no piece of the answer, such as a keep-alive comment. */
  activity(): void
  text(delta: string, logprobs?: readonly ContentLogprob[]): void
  reasoning(delta: string): void
  /**
   * All text and all reasoning so far, put right: some servers show only later which of the two it was that came.
   */
  revise(text: string, reasoning: string | undefined): void
  /** A piece of the tool call number `index`. */
  toolCall(index: number, id: string | undefined, name: string | undefined, argumentsDelta: string): void
  finish(reason: FinishReason): void
  /** May be reported more than once; the last one holds. */
  usage(usage: Usage): void
  model(name: string): void
  /** The server's own object, to be kept beside the normalised values. */
  raw(value: unknown): void
  warn(warning: Warning): void
  /** The one end of every exchange, also of an aborted one: complete without an error, failed with one. */
  end(error?: HeadraceError): void
}

/** A request under way. */
export interface Exchange {
  /** Ends it with this error, at once, releasing socket or sequence. Without effect after the end. */
  abort(reason: HeadraceError): void
  /** Stop reading, so that a slow consumer does not fill the memory. */
  pause(): void
  resume(): void
}

/** What runs requests: a dialect over a transport, or an embedded model. */
export interface Engine {
  readonly capabilities: Capabilities
  /**
   * Starts one attempt. Reports to `sink`, never before it returns.
   *
   * @throws HeadraceError when the request cannot be expressed; nothing was sent then.
   */
  start(request: CanonicalRequest, sink: AnswerSink, timeouts: ResolvedTimeouts): Exchange
  /**
   * Asks how full the server is, in at most a few seconds. Absent: there is nobody to ask. Never rejects.
   *
   * @returns `undefined` when nothing is known now.
   */
  readLoad?(): Promise<ServerLoad | undefined>
}
