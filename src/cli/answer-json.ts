import type { ChatResponse, CompletionResponse, Warning } from '../contract/response.js'
import { isHeadraceError } from '../errors/headrace-error.js'
import { InvalidOutputError } from '../errors/invalid-output-error.js'

/** What `--json` prints of an answer. */
export function answerToJSON(
  response: ChatResponse | CompletionResponse,
  modelWarnings: readonly Warning[],
): Record<string, unknown> {
  const { text, reasoning, finishReason, usage, model, seed, timings, warnings, parsed, structuredOutput } = response
  const { inputTokens, outputTokens, totalTokens } = usage
  return {
    text,
    reasoning,
    parsed,
    structuredOutput,
    finishReason: finishReason.unified,
    usage: { inputTokens, outputTokens, totalTokens },
    model,
    seed,
    timings,
    warnings: [...modelWarnings, ...warnings],
  }
}

/** What `--json` prints of a failure. */
export function failureToJSON(error: unknown): Record<string, unknown> {
  if (!isHeadraceError(error)) return { error: { message: error instanceof Error ? error.message : String(error) } }
  const { code, message, partial } = error
  const { issues, attempts } = error instanceof InvalidOutputError ? error : none
  return {
    error: {
      code,
      message,
      issues,
      attempts,
      partial: partial && { text: partial.text, reasoning: partial.reasoning },
    },
  }
}

const none = { issues: undefined, attempts: undefined }
