import type { ChatResponse, CompletionResponse, FinishReason, Usage } from '../../contract/response.js'
import type { ChatStream, ChatStreamPart, CompletionStream } from '../../contract/stream-part.js'
import { toFinishReason, toLogprobs, toToolCall } from '../inference/answer-parts.js'
import { asCutAnswer, type CutAnswer } from '../inference/cut-answer.js'
import { restarted } from '../inference/restarted.js'

/** What all pieces of one answer share. */
export interface AnswerIdentity {
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
  readonly model: string
}

type Json = Record<string, unknown>

/** The body of a whole chat. */
export async function toChatBody(identity: AnswerIdentity, answer: Promise<ChatResponse>): Promise<Json> {
  const response: ChatResponse | CutAnswer = await answer.catch(asCutAnswer)
  const all = 'alternatives' in response ? [response, ...response.alternatives] : [response]
  return { ...identity, object: 'chat.completion', choices: all.map(toChatChoice), usage: toUsage(response.usage) }
}

function toChatChoice({ text, reasoning, toolCalls, logprobs, finishReason }: CutAnswer, index: number): Json {
  const hasToolCalls = toolCalls.length > 0
  const message = {
    role: 'assistant',
    content: hasToolCalls && text === '' ? null : text,
    reasoning_content: reasoning,
    tool_calls: hasToolCalls ? toolCalls.map(toToolCall) : undefined,
  }
  const likely = logprobs === undefined ? null : toLogprobs(logprobs)
  return { index, message, logprobs: likely, finish_reason: toFinishReason(finishReason) }
}

/** The body of a whole completion: the answers to one prompt after those to the other. */
export async function toCompletionBody(
  identity: AnswerIdentity,
  answers: readonly Promise<CompletionResponse>[],
): Promise<Json> {
  const responses = await Promise.all(answers)
  const choices = responses
    .flatMap((response) => [response, ...response.alternatives])
    .map(({ text, logprobs, finishReason }, index) => ({
      index,
      text,
      logprobs: logprobs === undefined ? null : toLogprobs(logprobs),
      finish_reason: toFinishReason(finishReason),
    }))
  const usage = toUsage(sum(responses.map((response) => response.usage)))
  return { ...identity, object: 'text_completion', choices, usage }
}

/** The data of each event of a streamed chat. */
export async function* toChatEvents(
  identity: AnswerIdentity,
  stream: ChatStream,
  includeUsage: boolean,
): AsyncGenerator<string, void, undefined> {
  const chunk = (delta: Json, logprobs: unknown, finishReason: string | null): string => {
    const choices = [{ index: 0, delta, logprobs, finish_reason: finishReason }]
    return JSON.stringify({ ...identity, object: 'chat.completion.chunk', choices })
  }
  const knownToolCalls = new Set<number>()
  let isFirst = true
  let end: { readonly finishReason: FinishReason; readonly usage: Usage } | undefined
  try {
    for await (const part of stream) {
      if (isFirst) yield chunk({ role: 'assistant', content: '' }, null, null)
      isFirst = false
      if (part.type === 'finish') end = part.response
      else yield chunk(toDelta(part, knownToolCalls), toPartLogprobs(part), null)
    }
  } catch (error) {
    end = asCutAnswer(error)
  }
  if (end === undefined) return
  yield chunk({}, null, toFinishReason(end.finishReason))
  if (includeUsage) {
    yield JSON.stringify({ ...identity, object: 'chat.completion.chunk', choices: [], usage: toUsage(end.usage) })
  }
  yield '[DONE]'
}

/** The data of each event of a streamed completion: the answer to one prompt after that to the other. */
export async function* toCompletionEvents(
  identity: AnswerIdentity,
  streams: Iterable<CompletionStream>,
  includeUsage: boolean,
): AsyncGenerator<string, void, undefined> {
  const chunk = (choices: readonly Json[], usage?: Json): string =>
    JSON.stringify({ ...identity, object: 'text_completion', choices, usage })
  const usages: Usage[] = []
  let index = 0
  for (const stream of streams) {
    for await (const part of stream) {
      if (part.type === 'restart') throw restarted(part)
      if (part.type === 'text') {
        yield chunk([{ index, text: part.delta, logprobs: toPartLogprobs(part), finish_reason: null }])
      } else if (part.type === 'finish') {
        const { finishReason, usage } = part.response
        yield chunk([{ index, text: '', logprobs: null, finish_reason: toFinishReason(finishReason) }])
        usages.push(usage)
      }
    }
    index++
  }
  if (includeUsage) yield chunk([], toUsage(sum(usages)))
  yield '[DONE]'
}

function toDelta(part: Exclude<ChatStreamPart, { type: 'finish' }>, knownToolCalls: Set<number>): Json {
  if (part.type === 'text') return { content: part.delta }
  if (part.type === 'reasoning') return { reasoning_content: part.reasoningDelta }
  if (part.type === 'restart') throw restarted(part)
  const { index, id, name, argumentsDelta } = part
  const isNew = !knownToolCalls.has(index)
  knownToolCalls.add(index)
  const called = { ...(isNew ? { name } : undefined), arguments: argumentsDelta }
  return { tool_calls: [{ index, ...(isNew ? { id, type: 'function' } : undefined), function: called }] }
}

function toPartLogprobs(part: ChatStreamPart): unknown {
  return part.type === 'text' && part.logprobs !== undefined ? toLogprobs(part.logprobs) : null
}

/** Of several answers; a count that one of them lacks is not known. */
function sum(usages: readonly Usage[]): Usage {
  const add = (count: 'inputTokens' | 'outputTokens' | 'totalTokens'): number | undefined =>
    usages.reduce<number | undefined>((total, { [count]: tokens }) => {
      return total === undefined || tokens === undefined ? undefined : total + tokens
    }, 0)
  return { inputTokens: add('inputTokens'), outputTokens: add('outputTokens'), totalTokens: add('totalTokens') }
}

/** Left out where nobody counted. */
function toUsage({ inputTokens, outputTokens, totalTokens }: Usage): Json | undefined {
  if (inputTokens === undefined || outputTokens === undefined) return undefined
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: totalTokens ?? inputTokens + outputTokens,
  }
}
