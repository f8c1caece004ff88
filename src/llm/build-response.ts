import type { ChatResponse, CompletionResponse, ResponseBase, Timings, Warning } from '../contract/response.js'
import { type Answer, uniqueWarnings } from './answer.js'

interface Facts {
  readonly seed: number | undefined
  readonly route: 'chat' | 'completion'
  readonly timings: Timings
  readonly warnings: readonly Warning[]
  readonly parsed: unknown
}

function base(answer: Answer, facts: Facts): ResponseBase {
  return {
    text: answer.text,
    reasoning: answer.reasoning,
    finishReason: answer.finishReason,
    usage: answer.usage,
    logprobs: answer.logprobs,
    model: answer.model,
    seed: facts.seed,
    route: facts.route,
    warnings: uniqueWarnings(facts.warnings),
    timings: facts.timings,
    raw: answer.raw,
  }
}

export function buildCompletionResponse<T>(answer: Answer, facts: Facts): CompletionResponse<T> {
  return { ...base(answer, facts), parsed: facts.parsed as T | undefined, alternatives: [] }
}

export function buildChatResponse<T>(answer: Answer, facts: Facts): ChatResponse<T> {
  const toolCalls = answer.toolCalls()
  const { text, reasoning } = answer
  return {
    ...base(answer, facts),
    message: {
      role: 'assistant',
      content: text,
      ...(toolCalls.length > 0 ? { toolCalls } : undefined),
      ...(reasoning === undefined ? undefined : { reasoning }),
    },
    toolCalls,
    parsed: facts.parsed as T | undefined,
    alternatives: [],
  }
}
