import type { ChatResponse, CompletionResponse, Warning } from '../contract/response.js'
import { isHeadraceError } from '../errors/headrace-error.js'
import { InvalidOutputError } from '../errors/invalid-output-error.js'

/** What `--json` prints of an answer. */
export function answerToJSON(
  response: ChatResponse | CompletionResponse,
  modelWarnings: readonly Warning[],
): Record<string, unknown> {
  const { text, reasoning, finishReason, usage, model, seed, timings, warnings } = response
  const { inputTokens, outputTokens, totalTokens } = usage
  return {
    text,
    reasoning,
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
  const issues = error instanceof InvalidOutputError ? error.issues : undefined
  return { error: { code, message, issues, partial: partial && { text: partial.text, reasoning: partial.reasoning } } }
}
