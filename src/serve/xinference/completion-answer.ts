import type { CompletionResponse } from '../../contract/response.js'
import type { CompletionStream } from '../../contract/stream-part.js'
import { toFinishReason, toLogprobs, toUsage } from '../inference/answer-parts.js'
import { restarted } from '../inference/restarted.js'
import { type AnswerIdentity, systemFingerprint } from './chat-answer.js'
import { pythonJson } from './python-text.js'

/** The body of a whole completion. */
export async function toCompletionBody(
  { id, created, model }: AnswerIdentity,
  answer: Promise<CompletionResponse>,
): Promise<Record<string, unknown>> {
  const { text, logprobs, finishReason, usage } = await answer
  const choice = {
    text,
    index: 0,
    logprobs: logprobs === undefined ? null : toLogprobs(logprobs),
    finish_reason: toFinishReason(finishReason),
  }
  return {
    choices: [choice],
    created,
    model,
    system_fingerprint: systemFingerprint,
    object: 'text_completion',
    usage: toUsage(usage),
    id,
  }
}

/** The data of each event of a streamed completion; there is no `[DONE]`, and the last one has the usage. */
export async function* toCompletionEvents(
  { id, created, model }: AnswerIdentity,
  stream: CompletionStream,
): AsyncGenerator<string, void, undefined> {
  const chunk = (text: string, logprobs: unknown, finishReason: string | null, usage?: unknown): string =>
    pythonJson({
      choices: [{ text, index: 0, logprobs, finish_reason: finishReason }],
      created,
      model,
      system_fingerprint: systemFingerprint,
      object: 'text_completion',
      usage,
      id,
    })
  for await (const part of stream) {
    if (part.type === 'restart') throw restarted(part)
    if (part.type === 'text')
      yield chunk(part.delta, part.logprobs === undefined ? null : toLogprobs(part.logprobs), null)
    else if (part.type === 'finish') {
      yield chunk('', null, toFinishReason(part.response.finishReason), toUsage(part.response.usage))
    }
  }
}
