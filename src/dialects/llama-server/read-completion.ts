import type { AnswerContext } from '../../contract/dialect.js'
import type { AnswerSink } from '../../contract/engine.js'
import type { ContentLogprob, FinishReason, TokenLogprob, Usage } from '../../contract/response.js'
import { MalformedResponseError } from '../../errors/malformed-response-error.js'
import { CompletionText } from '../completion-text.js'
import { quote } from '../openai/read-values.js'

/** The answer of `/completion`, and the last event of its stream; the others have `content` alone. */
export interface WireCompletion {
  readonly content?: unknown
  readonly stop?: unknown
  /** `eos`, `word`, `limit`; since the end of 2024. */
  readonly stop_type?: unknown
  readonly stopped_limit?: unknown
  readonly stopped_word?: unknown
  readonly stopped_eos?: unknown
  readonly tokens_evaluated?: unknown
  readonly tokens_predicted?: unknown
  readonly model?: unknown
  /** The window was full, and the oldest half of the text was thrown away to go on. */
  readonly truncated?: unknown
  readonly completion_probabilities?: unknown
}

/** @throws MalformedResponseError `MALFORMED_RESPONSE` */
export function readCompletion(answer: unknown, sink: AnswerSink, context: AnswerContext | undefined): void {
  const completion = (answer ?? {}) as WireCompletion
  const { content } = completion
  if (typeof content !== 'string') throw new MalformedResponseError(`The answer has no content: ${quote(answer)}.`)
  const reader = new CompletionText(sink, context)
  reader.push(content, readProbabilities(completion))
  reader.end(readReason(completion))
  reportEnd(completion, sink)
}

/** What the end of an answer says besides its reason. */
export function reportEnd(completion: WireCompletion, sink: AnswerSink): void {
  const { model, truncated } = completion
  if (typeof model === 'string') sink.model(model)
  const usage = readUsage(completion)
  if (usage !== undefined) sink.usage(usage)
  if (truncated === true) {
    sink.warn({
      code: 'context-shifted',
      message: 'The context window was full, and llama-server threw away the older half of the text to go on.',
    })
  }
}

/** Why generation ended. */
export function readReason({ stop_type: type, ...old }: WireCompletion): FinishReason | undefined {
  const raw =
    typeof type === 'string' && type !== 'none'
      ? type
      : old.stopped_limit === true
        ? 'limit'
        : old.stopped_word === true
          ? 'word'
          : old.stopped_eos === true
            ? 'eos'
            : undefined
  return raw === undefined ? undefined : { unified: unifiedReasons[raw] ?? 'other', raw }
}

const unifiedReasons: Readonly<Record<string, FinishReason['unified']>> = { eos: 'stop', word: 'stop', limit: 'length' }

function readUsage({
  tokens_evaluated: inputTokens,
  tokens_predicted: outputTokens,
}: WireCompletion): Usage | undefined {
  if (typeof inputTokens !== 'number' || typeof outputTokens !== 'number') return undefined
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens }
}

/** The log-probabilities of the tokens; servers before 2025 give probabilities instead. */
export function readProbabilities({
  completion_probabilities: tokens,
}: WireCompletion): readonly ContentLogprob[] | undefined {
  if (!Array.isArray(tokens)) return undefined
  return (tokens as WireProbability[]).map((token) => {
    const top = token.top_logprobs ?? token.probs
    const candidates = Array.isArray(top) ? (top as WireProbability[]).map(toLogprob) : []
    if (token.logprob !== undefined) return { ...toLogprob(token), top: candidates }
    const text = String(token.content)
    const logprob = candidates.find((candidate) => candidate.token === text)?.logprob ?? -Infinity
    return { token: text, logprob, top: candidates }
  })
}

interface WireProbability {
  readonly token?: unknown
  readonly bytes?: unknown
  readonly logprob?: unknown
  readonly top_logprobs?: unknown
  readonly content?: unknown
  readonly probs?: unknown
  readonly tok_str?: unknown
  readonly prob?: unknown
}

function toLogprob({ token, tok_str: oldToken, bytes, logprob, prob }: WireProbability): TokenLogprob {
  return {
    token: String(token ?? oldToken),
    logprob: logprob === undefined ? Math.log(Number(prob)) : Number(logprob),
    ...(Array.isArray(bytes) ? { bytes: bytes as number[] } : {}),
  }
}
