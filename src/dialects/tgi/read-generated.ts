import type { AnswerContext } from '../../contract/dialect.js'
import type { AnswerSink } from '../../contract/engine.js'
import type { ContentLogprob, TokenLogprob, Usage } from '../../contract/response.js'
import { MalformedResponseError } from '../../errors/malformed-response-error.js'
import { readFinishReason } from '../openai/read-fields.js'
import { quote } from '../openai/read-values.js'
import { promptWithoutBos, stopsOf } from '../openai/compile-request.js'
import { CompletionText } from '../completion-text.js'
import { StopCuttingSink } from '../stop-cutting.js'

/** One token of a native answer. */
export interface WireToken {
  readonly text?: unknown
  readonly logprob?: unknown
  /** Of the model's control tokens, which are no text. */
  readonly special?: unknown
}

/** The `details` of a native answer. */
export interface WireDetails {
  readonly finish_reason?: unknown
  readonly generated_tokens?: unknown
  /** Of a stream's last event, since 2.3. */
  readonly input_length?: unknown
  readonly tokens?: unknown
  readonly top_tokens?: unknown
}

/**
 * Reads a whole answer of `/generate`, or of `/`, which puts it into a list.
 *
 * @throws MalformedResponseError `MALFORMED_RESPONSE`
 */
export function readGenerated(answer: unknown, sink: AnswerSink, context: AnswerContext | undefined): void {
  const { generated_text: text, details } = ((Array.isArray(answer) ? answer[0] : answer) ?? {}) as {
    readonly generated_text?: unknown
    readonly details?: WireDetails | null
  }
  if (typeof text !== 'string') throw new MalformedResponseError(`The answer has no generated_text: ${quote(answer)}.`)
  const { tokens, top_tokens: tops } = details ?? {}
  const asked = asksForLogprobs(context)
  const logprobs =
    asked && Array.isArray(tokens)
      ? tokens.flatMap((token: WireToken, index) => readToken(token, (tops as unknown[] | undefined)?.[index]))
      : undefined
  const prompt = repeatedPrompt(context)
  const isRepeated = prompt !== '' && text.startsWith(prompt)
  if (isRepeated) sink.text(prompt)
  const target = new StopCuttingSink(sink, stopsOfAnswer(context))
  const reader = new CompletionText(target, context)
  reader.push(isRepeated ? text.slice(prompt.length) : text, logprobs)
  reader.end(readFinishReason(details?.finish_reason))
  target.flush()
  const usage = usageOf(details, context)
  if (usage !== undefined) sink.usage(usage)
}

/** What `return_full_text` puts before the text of a whole answer. */
export function repeatedPrompt(context: AnswerContext | undefined): string {
  return context?.request.options.returnFullText === true ? promptWithoutBos(context.request) : ''
}

/** TGI leaves the stop string that ended an answer at its end. */
export function stopsOfAnswer(context: AnswerContext | undefined): readonly string[] {
  return context === undefined ? [] : stopsOf(context.request.options)
}

/** Every answer with details has the log-probabilities of its tokens. */
export function asksForLogprobs(context: AnswerContext | undefined): boolean {
  const logprobs = context?.request.options.logprobs
  return logprobs !== undefined && logprobs !== false
}

/** A list of one, or of none where the token is no text. */
export function readToken(token: WireToken, top: unknown): readonly ContentLogprob[] {
  if (token.special === true) return []
  return [{ ...toLogprob(token), top: Array.isArray(top) ? (top as WireToken[]).map(toLogprob) : [] }]
}

function toLogprob({ text, logprob }: WireToken): TokenLogprob {
  return { token: String(text), logprob: Number(logprob) }
}

/** Tokens by the details, and by the headers of an answer that was just received (since 1.4). */
export function usageOf(
  details: WireDetails | null | undefined,
  context: AnswerContext | undefined,
): Usage | undefined {
  const inputTokens = asCount(details?.input_length) ?? asCount(context?.headers['x-prompt-tokens'])
  const outputTokens = asCount(details?.generated_tokens) ?? asCount(context?.headers['x-generated-tokens'])
  if (inputTokens === undefined && outputTokens === undefined) return undefined
  const totalTokens = inputTokens === undefined || outputTokens === undefined ? undefined : inputTokens + outputTokens
  return { inputTokens, outputTokens, totalTokens }
}

function asCount(value: unknown): number | undefined {
  const count = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof count === 'number' && Number.isInteger(count) && count >= 0 ? count : undefined
}
