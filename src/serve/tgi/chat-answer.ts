import type { TokenLogprob } from '../../contract/response.js'
import { toToolCall } from '../inference/answer-parts.js'
import type { End, EndReason, Piece } from './generation.js'
import { version } from './tgi-server.js'

/** What all pieces of one answer share. */
export interface ChatIdentity {
  readonly modelId: string
  /** Seconds since 1970. */
  readonly created: number
  readonly logprobs: boolean
}

/** TGI's form of `{version}-{image}`, for one that runs in no image. */
const systemFingerprint = `${version}-native`

/** The body of a whole answer. */
export function toChatBody(identity: ChatIdentity, pieces: readonly Piece[]): Record<string, unknown> {
  const end = pieces.at(-1)?.end as End
  const hasToolCalls = end.toolCalls.length > 0
  const message = hasToolCalls
    ? { role: 'assistant', tool_calls: end.toolCalls.map(toToolCall) }
    : { role: 'assistant', content: end.text }
  return {
    ...frame(identity, 'chat.completion'),
    choices: [
      {
        index: 0,
        message,
        logprobs: toLogprobs(
          identity,
          pieces.filter(({ special }) => !special),
        ),
        finish_reason: hasToolCalls ? 'tool_calls' : toFinishReason(end.reason),
      },
    ],
    usage: toUsage(end),
  }
}

/** An event of a streamed answer: a token, or the tool calls at the end. */
export function toChatChunk(identity: ChatIdentity, piece: Piece): Record<string, unknown> {
  const { text, end, special } = piece
  const toolCalls = end?.toolCalls ?? []
  const hasToolCalls = toolCalls.length > 0
  const delta = hasToolCalls
    ? { role: 'assistant', tool_calls: toolCalls.map((call, index) => ({ index, ...toToolCall(call) })) }
    : { role: 'assistant', content: text }
  const finishReason = end === undefined ? null : hasToolCalls ? 'tool_calls' : toFinishReason(end.reason)
  return {
    ...frame(identity, 'chat.completion.chunk'),
    choices: [
      { index: 0, delta, logprobs: special ? null : toLogprobs(identity, [piece]), finish_reason: finishReason },
    ],
    usage: null,
  }
}

/** The event that `stream_options.include_usage` asks for. */
export function toUsageChunk(identity: ChatIdentity, end: End): Record<string, unknown> {
  return { ...frame(identity, 'chat.completion.chunk'), choices: [], usage: toUsage(end) }
}

/** The id is empty, as TGI's. */
function frame({ modelId, created }: ChatIdentity, object: string): Record<string, unknown> {
  return { object, id: '', created, model: modelId, system_fingerprint: systemFingerprint }
}

/** TGI's words in the routes of OpenAI's form. */
export function toFinishReason(reason: EndReason): string {
  return reason === 'eos_token' ? 'stop' : reason
}

/** Left out where nobody counted. */
export function toUsage({
  inputTokens,
  outputTokens,
}: Pick<End, 'inputTokens' | 'outputTokens'>): Record<string, number> | undefined {
  if (inputTokens === undefined) return undefined
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens }
}

function toLogprobs({ logprobs }: ChatIdentity, pieces: readonly Piece[]): Record<string, unknown> | null {
  if (!logprobs) return null
  const toToken = ({ token, logprob }: TokenLogprob): object => ({ token, logprob })
  return {
    content: pieces.map(({ text, logprob, top }) => ({ token: text, logprob, top_logprobs: top.map(toToken) })),
  }
}
