import type { ToolCall } from '../../contract/message.js'
import type { ContentLogprob, FinishReason, TokenLogprob, UnifiedFinishReason, Usage } from '../../contract/response.js'

/** The word of the protocol for why generation ended. */
export function toFinishReason({ unified, raw }: FinishReason): string {
  return finishReasons[unified] ?? raw ?? 'stop'
}

const finishReasons: Readonly<Partial<Record<UnifiedFinishReason, string>>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
}

/** Token counts; −1 where nobody knows, as Xinference says it. */
export function toUsage(usage: Partial<Usage> | undefined): Record<string, number> {
  const { inputTokens, outputTokens, totalTokens } = usage ?? {}
  const sum = inputTokens === undefined || outputTokens === undefined ? undefined : inputTokens + outputTokens
  return {
    completion_tokens: outputTokens ?? -1,
    prompt_tokens: inputTokens ?? -1,
    total_tokens: totalTokens ?? sum ?? -1,
  }
}

/** Log-probabilities in the form of OpenAI's chat route, which llama.cpp uses on both routes. */
export function toLogprobs(logprobs: readonly ContentLogprob[]): Record<string, unknown> {
  return { content: logprobs.map(({ top, ...token }) => ({ ...toToken(token), top_logprobs: top.map(toToken) })) }
}

function toToken({ token, logprob, bytes }: TokenLogprob): Record<string, unknown> {
  return { token, bytes: bytes ?? [...Buffer.from(token)], logprob }
}

/** A whole tool call. */
export function toToolCall({ id, name, arguments: given }: ToolCall): Record<string, unknown> {
  return { type: 'function', function: { name, arguments: given }, id }
}
