import type { ChatResponse } from '../../contract/response.js'
import { isHeadraceError } from '../../errors/headrace-error.js'

/** What is left of an answer that is not the JSON it was to be. */
export type CutAnswer = Pick<ChatResponse, 'text' | 'reasoning' | 'finishReason' | 'usage' | 'logprobs' | 'toolCalls'>

/**
 * The answer behind an error. Xinference constrains what is generated and does not look at it again: an answer that
 * was cut before its JSON was whole is an answer like any other.
 *
 * @throws unknown the error itself, if it is another one.
 */
export function asCutAnswer(error: unknown): CutAnswer {
  const isAnswer = isHeadraceError(error) && (error.code === 'INVALID_OUTPUT' || error.code === 'OUTPUT_TRUNCATED')
  if (!isAnswer || error.partial === undefined) throw error
  const { text, reasoning, usage } = error.partial
  return {
    text,
    reasoning,
    finishReason: { unified: 'length', raw: undefined },
    usage: usage ?? { inputTokens: undefined, outputTokens: undefined, totalTokens: undefined },
    logprobs: undefined,
    toolCalls: [],
  }
}
