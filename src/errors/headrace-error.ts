import type { ErrorCode } from './catalogue.js'

/** What had arrived of an answer before it failed. */
export interface PartialAnswer {
  readonly text: string
  readonly reasoning: string | undefined
  readonly usage:
    | {
        readonly inputTokens: number | undefined
        readonly outputTokens: number | undefined
        readonly totalTokens: number | undefined
      }
    | undefined
}

export interface HeadraceErrorOptions {
  readonly cause?: unknown
  /** Safe facts for programs: numbers, names, addresses without credentials. Never a secret, never a header. */
  readonly context?: Readonly<Record<string, unknown>> | undefined
  /** The HTTP status, where there was one. */
  readonly status?: number | undefined
  /** What the server asks to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined
}

/**
 * The one family of errors. `code` is stable; the message says what failed, with which value, and what to do.
 */
export abstract class HeadraceError extends Error {
  abstract readonly code: ErrorCode
  /** Whether the same request may succeed if it is sent again a little later. */
  readonly isRetryable: boolean = false
  /** Whether every other request to this server would fail in the same way: a run over many rows ends with such an error. */
  readonly isFatal: boolean = false
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined
  readonly context: Readonly<Record<string, unknown>>
  /** The text, reasoning and usage that arrived before the failure; set on errors of calls that had begun. */
  partial: PartialAnswer | undefined

  constructor(message: string, options: HeadraceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.status = options.status
    this.retryAfterMs = options.retryAfterMs
    this.context = options.context ?? {}
  }

  toJSON(): Record<string, unknown> {
    return {
      name: this.name,
      code: this.code,
      message: this.message,
      isRetryable: this.isRetryable,
      ...(this.status === undefined ? {} : { status: this.status }),
      ...(Object.keys(this.context).length === 0 ? {} : { context: this.context }),
      ...(this.partial === undefined ? {} : { partial: this.partial }),
    }
  }
}

/** Whether `value` is one of this family, also when it comes from another copy of the package. */
export function isHeadraceError(value: unknown): value is HeadraceError {
  return value instanceof Error && 'code' in value && 'isRetryable' in value && 'context' in value
}
