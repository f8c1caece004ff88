import type { ErrorAnswer } from '../../contract/dialect.js'
import { AuthenticationError } from '../../errors/authentication-error.js'
import { ContextOverflowError } from '../../errors/context-overflow-error.js'
import type { HeadraceError, HeadraceErrorOptions } from '../../errors/headrace-error.js'
import { InvalidRequestError } from '../../errors/invalid-request-error.js'
import { ModelLoadingError } from '../../errors/model-loading-error.js'
import { ModelNotFoundError } from '../../errors/model-not-found-error.js'
import { PaymentRequiredError } from '../../errors/payment-required-error.js'
import { PermissionError } from '../../errors/permission-error.js'
import { RateLimitError } from '../../errors/rate-limit-error.js'
import { ServerError } from '../../errors/server-error.js'
import { WrongServerError } from '../../errors/wrong-server-error.js'
import { type ErrorReport, readErrorReport } from './error-report.js'

/**
 * The words of vLLM 0.6 to 0.12, SGLang 0.5, TGI 3.3, llama-server (2025) and OpenAI for a prompt that is too long, or
 * leaves too little room for the answer.
 */
const contextOverflow =
  /maximum context length|maximum model length|context length \(|exceed\w*\b.{0,60}\bcontext|context (length|window|size)\b.{0,40}\bexceed|`inputs` must have less than|`inputs` tokens \+ `max_new_tokens`|prompt is too long/i
const overflowKinds = new Set(['context_length_exceeded', 'exceed_context_size_error'])

const modelUnknown = /\bmodel\b.{0,200}\b(does not exist|not found|not supported|is not available|unknown)/i
const modelKinds = new Set(['model_not_found', 'model_not_supported'])

const loading = /loading model|currently loading|model is (still )?loading|still loading/i

/** What identifies a request to those who run the server, in the order of huggingface_hub 1.29. */
const requestIdHeaders = ['x-request-id', 'x-amzn-trace-id', 'x-amz-cf-id']

/** What a server says of itself by its errors. */
export interface ErrorHabits {
  /** As people call it, at the beginning of a sentence. */
  readonly name: string
  /** A 503 with a reason means that its queue is full. @defaultValue false: it is not well */
  readonly isBusyBy503?: boolean | undefined
}

/** Turns an answer with an error status into one of the family, by status and by the words of the known servers. */
export function readHttpError(
  { name, isBusyBy503 = false }: ErrorHabits,
  answer: ErrorAnswer,
  report: ErrorReport = readErrorReport(answer),
): HeadraceError {
  const { status } = answer
  const { said, kinds, isPage } = report
  const is = (set: ReadonlySet<string>): boolean => kinds.some((kind) => set.has(kind))
  const options = errorOptions(answer, report)
  switch (status) {
    case 401:
      return new AuthenticationError(`${name} wants a valid key (${said}): set apiKey.`, options)
    case 402:
      return new PaymentRequiredError(
        `${name} wants to be paid (${said}): add credit, or use a server of your own.`,
        options,
      )
    case 403:
      return new PermissionError(`${name} does not allow this with the given key: ${said}.`, options)
    case 429:
      return new RateLimitError(`${name} has as many requests as it takes: ${said}.`, options)
    default:
  }
  if (status < 500 && (is(modelKinds) || (status !== 422 && !isPage && modelUnknown.test(said)))) {
    return new ModelNotFoundError(`${name} does not have the model: ${said}.`, options)
  }
  if (status === 404 || status === 405) {
    return new WrongServerError(
      `The server has no such route (${status}, ${said}): is it ${name}, and the address its root?`,
      options,
    )
  }
  if (is(overflowKinds) || contextOverflow.test(said)) {
    return new ContextOverflowError(`The prompt does not fit the model's context window: ${said}.`, options)
  }
  if (status < 500 && status !== 408 && status !== 424) {
    return new InvalidRequestError(`${name} refused the request (${status}): ${said}.`, options)
  }
  if (status === 503 && (report.estimatedWaitMs !== undefined || loading.test(said))) {
    return new ModelLoadingError(`The model is not ready yet: ${said}.`, options)
  }
  if (status === 503 && isBusyBy503 && !isPage) {
    return new RateLimitError(`${name} has as many requests as it takes: ${said}.`, options)
  }
  return new ServerError(`${name} failed (${status}): ${said}.`, { ...options, isRetryable: status !== 501 })
}

/**
 * An error inside a stream, where the status was 200: the value of its `error`, or the whole event.
 */
export function readEventError(habits: ErrorHabits, error: unknown): HeadraceError {
  const { http_status_code: given, code } = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly http_status_code?: unknown
    readonly code?: unknown
  }
  const status = [given, code].find((value) => typeof value === 'number' && value >= 400 && value < 600) ?? 500
  return readHttpError(habits, {
    status: status as number,
    headers: {},
    body: JSON.stringify({ error }),
    retryAfterMs: undefined,
  })
}

function errorOptions({ status, headers, retryAfterMs }: ErrorAnswer, report: ErrorReport): HeadraceErrorOptions {
  const requestId = requestIdHeaders.map((header) => headers[header]).find((value) => typeof value === 'string')
  return {
    status,
    retryAfterMs: retryAfterMs ?? report.estimatedWaitMs,
    ...(requestId === undefined ? {} : { context: { requestId } }),
  }
}
