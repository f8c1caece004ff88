import { HeadraceError, type HeadraceErrorOptions } from './headrace-error.js'

/** One thing that is wrong with a value. */
export interface OutputIssue {
  /** JSON Pointer; `''` is the whole value. */
  readonly path: string
  readonly message: string
}

/** The text is not what `structuredOutput` asked for; `issues` say where. */
export class InvalidOutputError extends HeadraceError {
  override readonly name = 'InvalidOutputError'
  readonly code = 'INVALID_OUTPUT'
  /** What is wrong and where; `path` is a JSON Pointer. */
  readonly issues: readonly OutputIssue[]

  constructor(message: string, options: HeadraceErrorOptions & { readonly issues: readonly OutputIssue[] }) {
    super(message, options)
    this.issues = options.issues
  }
}
