import type { Route } from '../contract/capabilities.js'
import type { ChatMessage, ToolCall } from '../contract/message.js'
import type { ChatResponse, CompletionResponse, Timings, Usage, Warning } from '../contract/response.js'
import type { OutputReport, OutputRung } from '../contract/structured-output.js'
import { type Answer, uniqueWarnings } from './answer.js'
import type { EarlierAnswers } from './earlier-answers.js'

/** What a response says that its answer does not. */
export interface ResponseFacts {
  readonly seed: number | undefined
  readonly route: Route
  /** Counted here, for a server that does not say. */
  readonly inputTokens: number | undefined
  readonly timings: Timings
  readonly warnings: readonly Warning[]
  readonly parsed: unknown
  readonly rung: OutputRung | undefined
  /** Answers before this one that were not valid. */
  readonly earlier: EarlierAnswers | undefined
}

// Both responses are written out, field by field: spreading one object into another made V8 a new hidden class for each
// response, which cost more than parsing the answer.

export function buildCompletionResponse<T>(answer: Answer, facts: ResponseFacts): CompletionResponse<T> {
  return {
    text: answer.text,
    reasoning: answer.reasoning,
    finishReason: answer.finishReason,
    usage: usageOf(answer, facts),
    structuredOutput: reportOf(facts),
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

export function buildChatResponse<T>(answer: Answer, facts: ResponseFacts): ChatResponse<T> {
  const toolCalls = answer.toolCalls()
  return {
    text: answer.text,
    reasoning: answer.reasoning,
    finishReason: answer.finishReason,
    usage: usageOf(answer, facts),
    structuredOutput: reportOf(facts),
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

function usageOf(answer: Answer, { inputTokens, earlier }: ResponseFacts): Usage {
  const usage = withInputTokens(answer.usage, inputTokens)
  return earlier === undefined ? usage : earlier.total(usage)
}

function reportOf({ rung, earlier }: ResponseFacts): OutputReport | undefined {
  return rung === undefined ? undefined : { rung, attempts: (earlier?.attempts.length ?? 0) + 1 }
}

/** The usage with the tokens of the prompt as they were counted here, where the server did not say. */
export function withInputTokens(usage: Usage, inputTokens: number | undefined): Usage {
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
