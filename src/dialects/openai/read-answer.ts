import type { AnswerSink, CanonicalRequest } from '../../contract/engine.js'
import { MalformedResponseError } from '../../errors/malformed-response-error.js'
import { readFinishReason, readLogprobs, readUsage } from './read-fields.js'
import { readThought } from './read-thought.js'
import { quote } from './read-values.js'
import { type InlineThinking, splitThinking } from './think-splitter.js'
import { ToolCallAssembler } from './tool-call-assembler.js'
import type { WireAnswer, WireChoice, WireToolCall } from './wire-types.js'

/**
 * Reads a whole answer.
 *
 * @param inlineThinking - Whether thinking may stand in the text itself.
 * @throws MalformedResponseError `MALFORMED_RESPONSE`
 */
export function readAnswer(
  answer: unknown,
  kind: CanonicalRequest['kind'],
  sink: AnswerSink,
  inlineThinking: InlineThinking,
): void {
  const { choices, usage, model } = (answer ?? {}) as WireAnswer
  const choice = Array.isArray(choices) ? (choices[0] as WireChoice | undefined) : undefined
  if (choice === undefined || choice === null) {
    throw new MalformedResponseError(`The answer has no choices: ${quote(answer)}.`)
  }
  if (typeof model === 'string') sink.model(model)
  const { message } = choice
  const reason = readFinishReason(choice.finish_reason)
  const content = kind === 'chat' ? message?.content : choice.text
  const thought = withoutTags(readThought(message))
  // A server that tells the two apart leaves no tags in the text but those that the text is about.
  const inline = thought === '' ? inlineThinking : 'none'
  const { reasoning, text } =
    typeof content === 'string' ? splitThinking(content, inline, reason) : { reasoning: '', text: '' }
  sink.reasoning(thought)
  sink.reasoning(reasoning)
  sink.text(text, readLogprobs(choice.logprobs))
  if (Array.isArray(message?.tool_calls)) {
    // Whole calls need no index, and one that is wrong would only mix them up.
    new ToolCallAssembler().add(
      (message.tool_calls as WireToolCall[]).map((call, index) => ({ ...call, index })),
      sink,
    )
  }
  if (reason !== undefined) sink.finish(reason)
  const counted = readUsage(usage)
  if (counted !== undefined) sink.usage(counted)
}

/** Xinference puts thinking that did not come to its end there as it is, with the tag that it wrote (server 3.2). */
function withoutTags(thought: string): string {
  return thought.replace(/^\s*<think>\s*/, '').replace(/\s*<\/think>\s*$/, '')
}
