import type { AnswerContext } from '../../contract/dialect.js'
import type { AnswerSink } from '../../contract/engine.js'
import type { ContentLogprob, FinishReason, TokenLogprob, Usage } from '../../contract/response.js'
import { MalformedResponseError } from '../../errors/malformed-response-error.js'
import { CompletionText } from '../completion-text.js'
import { readFinishReason } from '../openai/read-fields.js'
import { readEventError } from '../openai/read-http-error.js'
import { quote } from '../openai/read-values.js'
import { habits } from './habits.js'

/** The answer of `/generate`, and each event of its stream. */
export interface WireGenerated {
  readonly text?: unknown
  readonly meta_info?: WireMeta | null
}

export interface WireMeta {
  readonly finish_reason?: unknown
  readonly prompt_tokens?: unknown
  readonly completion_tokens?: unknown
  readonly output_token_logprobs?: unknown
  readonly output_top_logprobs?: unknown
}

/** @throws HeadraceError what ended the answer, or `MALFORMED_RESPONSE`. */
export function readGenerated(answer: unknown, sink: AnswerSink, context: AnswerContext | undefined): void {
  const { text, meta_info: meta } = (answer ?? {}) as WireGenerated
  if (typeof text !== 'string') throw new MalformedResponseError(`The answer has no text: ${quote(answer)}.`)
  const reason = readReason(meta)
  const reader = new CompletionText(sink, context)
  reader.push(text, readLogprobs(meta, 0))
  reader.end(reason)
  const usage = readUsage(meta)
  if (usage !== undefined) sink.usage(usage)
}

/**
 * Why generation ended; `undefined` while it goes on.
 *
 * @throws HeadraceError when the server gave up.
 */
export function readReason(meta: WireMeta | null | undefined): FinishReason | undefined {
  const reason = meta?.finish_reason
  if (typeof reason !== 'object' || reason === null) return readFinishReason(reason)
  const { type, message, status_code: code } = reason as Readonly<Record<string, unknown>>
  if (type === 'abort') throw readEventError(habits, { message: message ?? 'the request was aborted', code })
  return readFinishReason(type)
}

export function readUsage(meta: WireMeta | null | undefined): Usage | undefined {
  const { prompt_tokens: inputTokens, completion_tokens: outputTokens } = meta ?? {}
  if (typeof inputTokens !== 'number' || typeof outputTokens !== 'number') return undefined
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, raw: meta }
}

/** The log-probabilities from the token number `from`: `[logprob, id, text]` each. */
export function readLogprobs(meta: WireMeta | null | undefined, from: number): readonly ContentLogprob[] | undefined {
  const { output_token_logprobs: tokens, output_top_logprobs: tops } = meta ?? {}
  if (!Array.isArray(tokens)) return undefined
  return tokens.slice(from).map((token: unknown, index) => {
    const top: unknown = Array.isArray(tops) ? tops[from + index] : undefined
    return { ...readToken(token), top: Array.isArray(top) ? top.map(readToken) : [] }
  })
}

function readToken(token: unknown): TokenLogprob {
  const [logprob, , text] = Array.isArray(token) ? token : []
  return { token: typeof text === 'string' ? text : '', logprob: Number(logprob) }
}
