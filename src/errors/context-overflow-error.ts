import { HeadraceError } from './headrace-error.js'

/** Prompt or `maxTokens` do not fit the model's context window. */
export class ContextOverflowError extends HeadraceError {
  override readonly name = 'ContextOverflowError'
  readonly code = 'CONTEXT_OVERFLOW'
}
