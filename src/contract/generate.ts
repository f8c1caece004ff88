import type { HeadraceError } from '../errors/headrace-error.js'
import type { Route } from './capabilities.js'
import type { ChatMessage } from './message.js'
import type { CallOptions } from './options.js'
import type { ChatResponse, CompletionResponse, FinishReason, Timings, Usage, Warning } from './response.js'
import type { StructuredOutput } from './structured-output.js'

/**
 * One thing to ask: a conversation; a conversation with what its answer must look like; a prompt, asked as `complete`
 * asks it (`raw: true` continues it literally), also with what its answer must look like; or a bare string, which is always literal text.
 */
export type GenerateInput =
  | readonly ChatMessage[]
  | readonly [messages: readonly ChatMessage[], structuredOutput: StructuredOutput | null]
  | {
      readonly prompt: string
      readonly raw?: boolean | undefined
      readonly structuredOutput?: StructuredOutput | undefined
    }
  | string

export interface GenerateOptions extends Omit<CallOptions, 'n'> {
  /** Answers an input. @defaultValue 1 */
  readonly numGenerations?: number | undefined
  /** Requests in flight, capped by what the back end can do at once. @defaultValue 16 */
  readonly concurrency?: number | undefined
  /** Throw the first failure, after the rest is cancelled, instead of putting `null` in its place. @defaultValue false */
  readonly throwOnError?: boolean | undefined
  /** Called as each generation ends, in the order in which they end. */
  readonly onResult?:
    | ((result: GenerateOneResult & { readonly input: number; readonly sample: number }) => void)
    | undefined
}

/** The answers to one input, and what they cost. All arrays have `numGenerations` entries. */
export interface GenerateOutput {
  /** The texts; `null` where a generation failed. */
  readonly generations: readonly (string | null)[]
  /** Why, where a generation failed. */
  readonly errors: readonly (HeadraceError | undefined)[]
  readonly statistics: {
    readonly inputTokens: readonly (number | undefined)[]
    readonly outputTokens: readonly (number | undefined)[]
  }
  /** The whole answers. */
  readonly responses: readonly (ChatResponse | CompletionResponse | undefined)[]
}

/** What a call would send for an input. */
export interface PreparedInput {
  readonly route: Route
  /**
   * The text that the model reads. `undefined` where the server writes it, from {@link messages} by its own template, and
   * the model's prompt format is not here.
   */
  readonly prompt: string | undefined
  /** Of the route `chat`. */
  readonly messages: readonly ChatMessage[] | undefined
  /** Tokens of {@link prompt}, where the model's tokenizer is here. */
  readonly tokens: number | undefined
  readonly warnings: readonly Warning[]
}

/**
 * How one generation ended.
 *
 * - `ok`: an answer
 * - `invalid`: an answer that is not what `structuredOutput` asked for, or a request that can never be right
 * - `refused`: the server withheld the answer (content filter)
 * - `too-long`: the prompt does not fit the model
 * - `failed`: the server, the network or time
 * - `cancelled`: the caller
 */
export type GenerateOutcome = 'ok' | 'invalid' | 'refused' | 'too-long' | 'failed' | 'cancelled'

export interface GenerateOneOptions extends Omit<CallOptions, 'n'> {
  /** Which sample this is, from 0: sample k of a seed gets a seed derived from both. @defaultValue 0 */
  readonly sample?: number | undefined
}

/** What may be known of a call of `generateOne`, and done to it, while it runs. */
export interface CallHandle {
  /** Set when the call begins. `abort` ends this one call, with the outcome `cancelled`. */
  call?: { abort(error: HeadraceError): void } | undefined
  /** The first piece of a streamed answer is here, so many milliseconds after the call began. */
  began?(firstTokenMs: number): void
}

/** What `generateOne` resolves with; it never throws. */
export interface GenerateOneResult {
  readonly outcome: GenerateOutcome
  /** The text, or what had arrived of it. */
  readonly text: string | undefined
  readonly response: ChatResponse | CompletionResponse | undefined
  /** What the server sent, when it sent an answer. */
  readonly raw: unknown
  readonly finishReason: FinishReason | undefined
  readonly usage: Usage
  readonly timings: Timings
  /** The seed that was sent. */
  readonly seed: number | undefined
  readonly warnings: readonly Warning[]
  /** Why the outcome is not `ok`. */
  readonly cause: HeadraceError | undefined
}
