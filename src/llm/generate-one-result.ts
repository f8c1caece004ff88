import type { GenerateOneResult } from '../contract/generate.js'
import type { ChatResponse, CompletionResponse, Timings } from '../contract/response.js'
import type { HeadraceError } from '../errors/headrace-error.js'
import { RefusedError } from '../errors/refused-error.js'
import { unknownUsage } from './answer.js'
import type { CallSpec } from './call-spec.js'
import { outcomeOf } from './generate.js'

/** What `generateOne` says of an answer. */
export function resultOfAnswer(response: ChatResponse | CompletionResponse): GenerateOneResult {
  const isRefused = response.finishReason.unified === 'content-filter'
  return {
    outcome: isRefused ? 'refused' : 'ok',
    text: response.text,
    response,
    raw: response.raw,
    finishReason: response.finishReason,
    usage: response.usage,
    timings: response.timings,
    seed: response.seed,
    warnings: response.warnings,
    cause: isRefused ? new RefusedError('The server withheld the answer: change the prompt.') : undefined,
  }
}

/** What `generateOne` says of a failure; `raw` is the answer's that was not acceptable. */
export function resultOfFailure(
  cause: HeadraceError,
  spec: CallSpec<unknown> | undefined,
  timings: Timings,
  raw: unknown,
): GenerateOneResult {
  return {
    outcome: outcomeOf(cause),
    text: cause.partial?.text || undefined,
    response: undefined,
    raw,
    finishReason: undefined,
    usage: cause.partial?.usage ?? unknownUsage,
    timings,
    seed: spec?.request.options.seed,
    warnings: spec?.warnings ?? [],
    cause,
  }
}
