import { HeadraceError, type HeadraceErrorOptions } from './headrace-error.js'

/** One thing that is wrong with a value. */
export interface OutputIssue {
  /** JSON Pointer; `''` is the whole value. */
  readonly path: string
  readonly message: string
}

/** An answer that was not valid. */
export interface OutputAttempt {
  /** As the model wrote it. */
  readonly text: string
  readonly issues: readonly OutputIssue[]
}

/** The text is not what `structuredOutput` asked for; `issues` say where. */
export class InvalidOutputError extends HeadraceError {
  override readonly name = 'InvalidOutputError'
  readonly code = 'INVALID_OUTPUT'
  /** What is wrong with the last answer and where; `path` is a JSON Pointer. */
  readonly issues: readonly OutputIssue[]
  /** All answers, the last one included; `partial.usage` is what they cost together. */
  attempts: readonly OutputAttempt[] = []

  constructor(message: string, options: HeadraceErrorOptions & { readonly issues: readonly OutputIssue[] }) {
    super(message, options)
    this.issues = options.issues
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), issues: this.issues, attempts: this.attempts }
  }
}
