import type { TokenLogprob } from '../../contract/response.js'
import type { HttpFailure } from '../http-failure.js'
import type { End, Piece } from './generation.js'
import type { Parameters } from './parameters.js'
import { TgiFailure } from './tgi-failure.js'

/** A served model does not tell the ids of its tokens. */
const unknownId = 0

/** `details` of a whole answer. */
export function toDetails(
  pieces: readonly Piece[],
  { reason, outputTokens }: End,
  seed: number | null,
  topTokens: number,
): Record<string, unknown> {
  return {
    finish_reason: reason,
    generated_tokens: outputTokens,
    seed,
    prefill: [],
    tokens: pieces.map(toToken),
    ...(topTokens > 0 ? { top_tokens: pieces.map(({ top }) => top.map(toTopToken)) } : undefined),
  }
}

export interface Told {
  readonly parameters: Parameters
  /** What stands before the whole text. */
  readonly prefix: string
  readonly seed: number | null
}

/** An event of a streamed answer. @param index - From 1. */
export function toEvent(piece: Piece, index: number, { parameters, prefix, seed }: Told): Record<string, unknown> {
  const { end, top } = piece
  const details = end !== undefined && parameters.details ? toStreamDetails(end, seed) : null
  return {
    index,
    token: toToken(piece),
    ...(parameters.topTokens > 0 ? { top_tokens: top.map(toTopToken) } : undefined),
    generated_text: end === undefined ? null : prefix + end.text,
    details,
  }
}

function toStreamDetails({ reason, outputTokens, inputTokens }: End, seed: number | null): Record<string, unknown> {
  return { finish_reason: reason, generated_tokens: outputTokens, seed, input_length: inputTokens }
}

function toToken({ text, logprob, special }: Piece): Record<string, unknown> {
  return { id: unknownId, text, logprob, special }
}

function toTopToken({ token, logprob }: TokenLogprob): Record<string, unknown> {
  return { id: unknownId, text: token, logprob, special: false }
}

/** What the headers of a whole answer tell of it; times in milliseconds. */
export function toHeaders(inputs: string, { inputTokens, outputTokens }: End, totalMs: number): Record<string, string> {
  const ms = String(Math.round(totalMs))
  return {
    'x-compute-characters': String(Array.from(inputs).length),
    'x-total-time': ms,
    'x-inference-time': ms,
    'x-time-per-token': String(Math.round(totalMs / Math.max(1, outputTokens))),
    'x-generated-tokens': String(outputTokens),
    ...(inputTokens === undefined ? undefined : { 'x-prompt-tokens': String(inputTokens) }),
  }
}

/** A refusal inside a native stream. */
export function toStreamBody(failure: HttpFailure): Record<string, unknown> {
  return failure instanceof TgiFailure ? failure.body : { error: failure.message, error_type: 'validation' }
}
