import type { ChatResponse, FinishReason } from '../../contract/response.js'
import type { ChatStream, ChatStreamPart } from '../../contract/stream-part.js'
import { toFinishReason, toLogprobs, toToolCall, toUsage } from '../inference/answer-parts.js'
import { asCutAnswer, type CutAnswer } from '../inference/cut-answer.js'
import { restarted } from '../inference/restarted.js'
import { pythonJson } from './python-text.js'

/** What all pieces of one answer share. */
export interface AnswerIdentity {
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
  /** The uid that was asked. */
  readonly model: string
}

/** llama.cpp's build in Xinference's answers. */
export const systemFingerprint = 'headrace'

/** The body of a whole answer. */
export async function toChatBody(
  { id, created, model }: AnswerIdentity,
  answer: Promise<ChatResponse>,
): Promise<Record<string, unknown>> {
  const response: ChatResponse | CutAnswer = await answer.catch(asCutAnswer)
  const { text, reasoning, finishReason, usage, logprobs, toolCalls } = response
  const hasToolCalls = toolCalls.length > 0
  const message = {
    role: 'assistant',
    content: hasToolCalls && text === '' ? null : text,
    reasoning_content: reasoning,
    tool_calls: hasToolCalls ? toolCalls.map(toToolCall) : undefined,
  }
  const choice = {
    finish_reason: toFinishReason(finishReason),
    index: 0,
    message,
    logprobs: logprobs === undefined ? undefined : toLogprobs(logprobs),
  }
  return {
    choices: [choice],
    created,
    model,
    system_fingerprint: systemFingerprint,
    object: 'chat.completion',
    usage: toUsage(usage),
    id,
  }
}

/**
 * The data of each event of a streamed answer, as the llama.cpp engine sends them: first a chunk that has only the
 * role and no text, at the end one that has only the reason, and one that has only the usage, if that was asked for.
 */
export async function* toChatEvents(
  { id, created, model }: AnswerIdentity,
  stream: ChatStream,
  includeUsage: boolean,
): AsyncGenerator<string, void, undefined> {
  const chunk = (delta: Record<string, unknown>, logprobs?: unknown, finishReason: string | null = null): string =>
    pythonJson({
      choices: [{ finish_reason: finishReason, index: 0, delta, logprobs }],
      created,
      id,
      model,
      system_fingerprint: systemFingerprint,
      object: 'chat.completion.chunk',
    })
  const knownToolCalls = new Set<number>()
  let hasBegun = false
  let end: { readonly finishReason: FinishReason; readonly usage: ChatResponse['usage'] | undefined } | undefined
  try {
    for await (const part of stream) {
      // llama.cpp's has null there, which LlamaIndex's class cannot add to a text; Xinference's own engine has no text too.
      if (!hasBegun) yield chunk({ role: 'assistant', content: '' })
      hasBegun = true
      if (part.type === 'finish') end = part.response
      else yield chunk(toDelta(part, knownToolCalls), toPartLogprobs(part))
    }
  } catch (error) {
    end = asCutAnswer(error)
  }
  if (end === undefined) return
  yield chunk({ content: '' }, undefined, toFinishReason(end.finishReason))
  if (includeUsage) {
    yield pythonJson({ id, model, created, object: 'chat.completion.chunk', choices: [], usage: toUsage(end.usage) })
  }
  yield '[DONE]'
}

function toDelta(
  part: Exclude<ChatStreamPart, { type: 'finish' }>,
  knownToolCalls: Set<number>,
): Record<string, unknown> {
  if (part.type === 'text') return { content: part.delta }
  if (part.type === 'reasoning') return { reasoning_content: part.reasoningDelta }
  if (part.type === 'restart') throw restarted(part)
  const { index, id, name, argumentsDelta } = part
  const isNew = !knownToolCalls.has(index)
  knownToolCalls.add(index)
  const head = isNew ? { id, type: 'function' } : undefined
  const called = { ...(isNew ? { name } : undefined), arguments: argumentsDelta }
  return { tool_calls: [{ index, ...head, function: called }] }
}

function toPartLogprobs(part: ChatStreamPart): Record<string, unknown> | undefined {
  return part.type === 'text' && part.logprobs !== undefined ? toLogprobs(part.logprobs) : undefined
}
