import type { Route } from '../contract/capabilities.js'
import type { ChatMessage, ToolCall } from '../contract/message.js'
import type { ChatResponse, CompletionResponse, Timings, Usage, Warning } from '../contract/response.js'
import { type Answer, uniqueWarnings } from './answer.js'

interface Facts {
  readonly seed: number | undefined
  readonly route: Route
  /** Counted here, for a server that does not say. */
  readonly inputTokens: number | undefined
  readonly timings: Timings
  readonly warnings: readonly Warning[]
  readonly parsed: unknown
}

// Both responses are written out, field by field: spreading one object into another made V8 a new hidden class for each
// response, which cost more than parsing the answer.

export function buildCompletionResponse<T>(answer: Answer, facts: Facts): CompletionResponse<T> {
  return {
    text: answer.text,
    reasoning: answer.reasoning,
    finishReason: answer.finishReason,
    usage: withInputTokens(answer.usage, facts.inputTokens),
    logprobs: answer.logprobs,
    model: answer.model,
    seed: facts.seed,
    route: facts.route,
    warnings: uniqueWarnings(facts.warnings),
    timings: facts.timings,
    raw: answer.raw,
    parsed: facts.parsed as T | undefined,
    alternatives: [],
  }
}

export function buildChatResponse<T>(answer: Answer, facts: Facts): ChatResponse<T> {
  const toolCalls = answer.toolCalls()
  return {
    text: answer.text,
    reasoning: answer.reasoning,
    finishReason: answer.finishReason,
    usage: withInputTokens(answer.usage, facts.inputTokens),
    logprobs: answer.logprobs,
    model: answer.model,
    seed: facts.seed,
    route: facts.route,
    warnings: uniqueWarnings(facts.warnings),
    timings: facts.timings,
    raw: answer.raw,
    message: toMessage(answer.text, answer.reasoning, toolCalls),
    toolCalls,
    parsed: facts.parsed as T | undefined,
    alternatives: [],
  }
}

function withInputTokens(usage: Usage, inputTokens: number | undefined): Usage {
  if (usage.inputTokens !== undefined || inputTokens === undefined) return usage
  const { outputTokens } = usage
  const totalTokens = usage.totalTokens ?? (outputTokens === undefined ? undefined : inputTokens + outputTokens)
  return { ...usage, inputTokens, totalTokens }
}

function toMessage(content: string, reasoning: string | undefined, toolCalls: readonly ToolCall[]): ChatMessage {
  const message: { -readonly [K in keyof ChatMessage]: ChatMessage[K] } = { role: 'assistant', content }
  if (toolCalls.length > 0) message.toolCalls = toolCalls
  if (reasoning !== undefined) message.reasoning = reasoning
  return message
}
