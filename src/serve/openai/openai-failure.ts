import { type HeadraceError, isHeadraceError } from '../../errors/headrace-error.js'
import { HttpFailure } from '../http-failure.js'

/** A refusal in OpenAI's form. */
export class OpenAIFailure extends HttpFailure {
  readonly type: string
  readonly code: string | null

  constructor(
    status: number,
    type: string,
    code: string | null,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(status, message, headers)
    this.type = type
    this.code = code
  }
}

/** A request that is wrong. */
export function badRequest(message: string, code: string | null = null): OpenAIFailure {
  return new OpenAIFailure(400, 'invalid_request_error', code, message)
}

export function toBody({ message, type, code }: OpenAIFailure): Record<string, unknown> {
  return { error: { message, type, param: null, code } }
}

/** What becomes of an exception of the model, or of a refusal. */
export function toFailure(error: unknown): OpenAIFailure {
  if (error instanceof OpenAIFailure) return error
  if (error instanceof HttpFailure) {
    return new OpenAIFailure(error.status, 'invalid_request_error', null, error.message, error.headers)
  }
  if (error instanceof SyntaxError) return badRequest(`The body is not JSON: ${error.message}`)
  const known = isHeadraceError(error) ? toKnownFailure(error) : undefined
  return known ?? new OpenAIFailure(500, 'server_error', null, error instanceof Error ? error.message : String(error))
}

function toKnownFailure({ code, message }: HeadraceError): OpenAIFailure | undefined {
  switch (code) {
    case 'CONTEXT_OVERFLOW':
      return badRequest(message, 'context_length_exceeded')
    case 'INVALID_REQUEST':
    case 'INVALID_OPTION':
    case 'UNSUPPORTED_OPTION':
    case 'MODEL_ABILITY':
      return badRequest(message)
    case 'RATE_LIMITED':
      return new OpenAIFailure(429, 'rate_limit_error', 'rate_limit_exceeded', message)
    case 'MODEL_LOADING':
      return new OpenAIFailure(503, 'server_error', null, message)
    default:
      return undefined
  }
}
