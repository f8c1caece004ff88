import type { AnswerSink, CanonicalRequest } from '../../contract/engine.js'
import { MalformedResponseError } from '../../errors/malformed-response-error.js'
import { readFinishReason, readLogprobs, readUsage } from './read-fields.js'
import { splitThinking } from './think-splitter.js'
import type { WireAnswer, WireChoice, WireToolCall } from './wire-types.js'

/**
 * Reads a whole answer.
 *
 * @param hasInlineThinking - Whether the text may begin with `<think>`.
 * @throws MalformedResponseError `MALFORMED_RESPONSE`
 */
export function readAnswer(
  answer: unknown,
  kind: CanonicalRequest['kind'],
  sink: AnswerSink,
  hasInlineThinking: boolean,
): void {
  const { choices, usage, model } = (answer ?? {}) as WireAnswer
  const choice = Array.isArray(choices) ? (choices[0] as WireChoice | undefined) : undefined
  if (choice === undefined || choice === null) {
    throw new MalformedResponseError(`The answer has no choices: ${quote(answer)}.`)
  }
  if (typeof model === 'string') sink.model(model)
  const { message } = choice
  const content = kind === 'chat' ? message?.content : choice.text
  const thought = message?.reasoning_content ?? message?.reasoning
  if (typeof thought === 'string') sink.reasoning(thought)
  if (typeof content === 'string') {
    const { reasoning, text } = hasInlineThinking ? splitThinking(content) : { reasoning: '', text: content }
    sink.reasoning(reasoning)
    sink.text(text, readLogprobs(choice.logprobs))
  }
  if (Array.isArray(message?.tool_calls)) {
    for (const [index, call] of (message.tool_calls as WireToolCall[]).entries()) {
      const { name, arguments: text } = call.function ?? {}
      sink.toolCall(index, optionalString(call.id), optionalString(name), asArguments(text))
    }
  }
  const reason = readFinishReason(choice.finish_reason)
  if (reason !== undefined) sink.finish(reason)
  const counted = readUsage(usage)
  if (counted !== undefined) sink.usage(counted)
}

export function optionalString(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  // Some servers number their tool calls.
  return typeof value === 'number' ? String(value) : undefined
}

/** Arguments are JSON text; some servers send the object itself. */
export function asArguments(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}

export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 120 ? `${text.slice(0, 120)}...` : text
}
