import type { GenerateOneResult } from '../../contract/generate.js'
import type { ToolCall } from '../../contract/message.js'
import type { StoredAnswer } from '../../tasks/task.js'
import type { TextBuffer } from '../text-buffer.js'
import { writeMembers } from '../write-object.js'

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

/** Writes an answer as the journal has it, JSON with the text first; see `StoredBytes`. */
export function writeStoredAnswer(answer: StoredAnswer, out: TextBuffer): void {
  out.write('{"text":')
  out.writeJSON(answer.text)
  writeMembers(answer as unknown as Readonly<Record<string, unknown>>, 'text', out)
  out.write('}')
}
