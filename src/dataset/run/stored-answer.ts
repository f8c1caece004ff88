import type { GenerateOneResult } from '../../contract/generate.js'
import type { ToolCall } from '../../contract/message.js'
import type { StoredAnswer } from '../../tasks/task.js'

/** Everything of a result that reading it later may need. */
export function toStoredAnswer({ response, text, finishReason, usage, seed, cause }: GenerateOneResult): StoredAnswer {
  const toolCalls: readonly ToolCall[] = response !== undefined && 'toolCalls' in response ? response.toolCalls : []
  // One shape for all, so that writing it as JSON stays fast; JSON leaves out what is undefined.
  return {
    text: text ?? '',
    reasoning: response?.reasoning ?? cause?.partial?.reasoning,
    toolCalls: toolCalls.length === 0 ? undefined : toolCalls,
    finishReason,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    model: response?.model,
    seed,
    logprobs: response?.logprobs,
    error: cause === undefined ? undefined : { code: cause.code, message: cause.message },
  }
}
