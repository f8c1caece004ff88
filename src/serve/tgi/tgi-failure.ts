import { type HeadraceError, isHeadraceError } from '../../errors/headrace-error.js'
import { HttpFailure } from '../http-failure.js'

/** TGI's words for what went wrong (3.3). */
export type TgiErrorType =
  | 'validation'
  | 'template_error'
  | 'tool_error'
  | 'generation'
  | 'overloaded'
  | 'no fast tokenizer'

const statuses: Readonly<Record<TgiErrorType, number>> = {
  validation: 422,
  template_error: 422,
  tool_error: 422,
  generation: 424,
  overloaded: 429,
  'no fast tokenizer': 404,
}

/** A refusal of TGI's own, which goes out as JSON; other refusals go out as plain text. */
export class TgiFailure extends HttpFailure {
  readonly type: TgiErrorType

  constructor(type: TgiErrorType, message: string) {
    super(statuses[type], message)
    this.type = type
  }

  get body(): { readonly error: string; readonly error_type: TgiErrorType } {
    return { error: this.message, error_type: this.type }
  }
}

/** What TGI's validation says. */
export function invalid(reason: string): TgiFailure {
  return new TgiFailure('validation', `Input validation error: ${reason}`)
}

export function templateError(reason: string): TgiFailure {
  return new TgiFailure('template_error', `Template error: ${reason}`)
}

export function toolError(reason: string): TgiFailure {
  return new TgiFailure('tool_error', `Tool error: ${reason}`)
}

export function overloaded(): TgiFailure {
  return new TgiFailure('overloaded', 'Model is overloaded')
}

/** What TGI makes of an exception of the model, or of a refusal. */
export function toFailure(error: unknown): HttpFailure {
  if (error instanceof HttpFailure) return error
  if (isHeadraceError(error)) {
    const failure = toKnownFailure(error)
    if (failure !== undefined) return failure
  }
  const reason = error instanceof Error ? error.message : String(error)
  return new TgiFailure('generation', `Request failed during generation: ${reason}`)
}

function toKnownFailure(error: HeadraceError): TgiFailure | undefined {
  switch (error.code) {
    case 'CONTEXT_OVERFLOW':
      return tooLong(error) ?? invalid(error.message)
    case 'UNSUPPORTED_OPTION':
      return invalid(error.context['option'] === 'structuredOutput' ? 'grammar is not supported' : error.message)
    case 'INVALID_OPTION':
      return invalid(error.context['option'] === 'structuredOutput' ? notGrammar(error.message) : error.message)
    case 'INVALID_REQUEST':
    case 'MODEL_ABILITY':
      return templateError(error.message)
    case 'RATE_LIMITED':
      return overloaded()
    default:
      return undefined
  }
}

/** Of a grammar that is none. */
export function notGrammar(reason: string): string {
  return `grammar is not valid: ${reason}`
}

function tooLong({ context: { promptTokens, contextWindow } }: HeadraceError): TgiFailure | undefined {
  if (typeof promptTokens !== 'number' || typeof contextWindow !== 'number') return undefined
  return inputTooLong(promptTokens, contextWindow)
}

/** @param most - Tokens that input and answer share. */
export function inputTooLong(tokens: number, most: number): TgiFailure {
  return invalid(`\`inputs\` must have less than ${most - 1} tokens. Given: ${tokens}`)
}
